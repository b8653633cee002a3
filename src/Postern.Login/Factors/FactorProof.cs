namespace Postern.Login.Factors;

/// <summary>What became of an attempt to prove a second factor.</summary>
/// <param name="Methods">What was proved, as values of amr; empty when nothing was.</param>
/// <param name="Error">Why not, as a sentence; null when it was.</param>
/// <param name="RetryAfter">How long to wait before the next attempt.</param>
internal sealed record FactorProof(IReadOnlyList<string> Methods, string? Error, TimeSpan RetryAfter)
{
    public static FactorProof Of(params IReadOnlyList<string> methods) => new(methods, null, TimeSpan.Zero);

    /// <summary>The status of a page that says why not; with a wait its header goes with it.</summary>
    public int Refuse(HttpContext context)
    {
        if (RetryAfter <= TimeSpan.Zero)
        {
            return StatusCodes.Status422UnprocessableEntity;
        }

        context.RetryAfter(RetryAfter);
        return StatusCodes.Status429TooManyRequests;
    }

    public static FactorProof Refused(string error, TimeSpan retryAfter = default) => new([], error, retryAfter);
}

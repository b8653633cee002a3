namespace Postern.Directory.Factors;

/// <summary>The outcome of checking a code.</summary>
/// <param name="Verdict">What became of it.</param>
/// <param name="RetryAfter">How long codes of this account are not looked at; zero when the next one may come at once.</param>
public readonly record struct CodeCheck(CodeVerdict Verdict, TimeSpan RetryAfter)
{
    /// <summary>Whether the person proved to have the factor.</summary>
    public bool IsAccepted => Verdict == CodeVerdict.Accepted;
}

namespace Postern.Cli.Login;

/// <summary>Which issuer an authorization response has to name, so that a code of another server is never redeemed (RFC 9207).</summary>
/// <param name="Issuer">The identifier of the server that was asked.</param>
/// <param name="IsRequired">Whether that server names itself in every response; one that does not may leave it out, but never name another.</param>
internal sealed record ResponseIssuer(string Issuer, bool IsRequired)
{
    /// <summary>What is wrong with the <c>iss</c> parameters of a response, or null.</summary>
    /// <param name="values">All of them; null when there is none.</param>
    public string? FindFault(string[]? values) => values switch
    {
        null or [] => IsRequired ? $"The answer does not say that it is from {Issuer}." : null,
        [var only] when only == Issuer => null, // Character by character, as RFC 9207 section 2.4 asks for.
        [_] => $"The answer is not from {Issuer}.",
        _ => "The answer names its server more than once.",
    };
}

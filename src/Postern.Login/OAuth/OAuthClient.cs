namespace Postern.Login.OAuth;

/// <summary>A program that may ask a person for tokens. All clients here are public: none has a secret (RFC 6749 section 2.1).</summary>
/// <param name="Id">The client id as sent in requests.</param>
/// <param name="DisplayName">What the consent page calls it.</param>
/// <param name="RedirectUris">The redirect URIs, compared as text, character by character (RFC 9700 section 2.1).</param>
public sealed record OAuthClient(string Id, string DisplayName, IReadOnlyList<string> RedirectUris)
{
    private const int FirstLoopbackPort = 5000;
    private const int LastLoopbackPort = 5010;

    /// <summary>The <c>postern</c> command: it listens on the first free loopback port of 5000 to 5010.</summary>
    public static OAuthClient CommandLine { get; } = new(
        "postern-cli",
        "Postern command line",
        [.. Enumerable.Range(FirstLoopbackPort, LastLoopbackPort - FirstLoopbackPort + 1).Select(port => $"http://127.0.0.1:{port}")]);

    /// <summary>Whether a code may be sent to this URI.</summary>
    public bool MayRedirectTo(string redirectUri) => RedirectUris.Contains(redirectUri, StringComparer.Ordinal);
}

namespace Postern.Cli.Login;

/// <summary>How a person wants to, or must, log in.</summary>
/// <param name="IsForced">True to sign in again and choose the account.</param>
/// <param name="Methods">Methods that are required, such as <c>mfa</c>.</param>
/// <param name="MaxAgeSeconds">The greatest age of the sign-in.</param>
/// <param name="Browser">A browser command, <c>0</c> for none, or null for the desktop's own.</param>
internal sealed record BrowserLoginRequest(bool IsForced, IReadOnlyList<string> Methods, long? MaxAgeSeconds, string? Browser);

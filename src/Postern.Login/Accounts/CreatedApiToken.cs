using Postern.Directory.Sessions;

namespace Postern.Login.Accounts;

/// <summary>A new API token with its secret, which cannot be shown again.</summary>
/// <param name="Token">What is stored.</param>
/// <param name="Secret">The token itself, <c>pst_...</c>.</param>
public sealed record CreatedApiToken(ApiToken Token, string Secret);

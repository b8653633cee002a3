namespace Postern.Login.Tokens;

/// <summary>A published key of access tokens.</summary>
/// <param name="KeyId">The <c>kid</c> of its tokens.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="Use">What it is used for now.</param>
public sealed record SigningKeyStatus(string KeyId, DateTimeOffset CreatedAt, SigningKeyUse Use);

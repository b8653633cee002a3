namespace Postern.Login.SingleSignOn;

/// <summary>A provider did not serve. The message is a sentence for who looks after it, and holds nothing that the provider sent.</summary>
internal sealed class ProviderException(ProviderFailure failure, string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>Why.</summary>
    public ProviderFailure Failure { get; } = failure;

    /// <summary>The error code of OAuth that it answered with (RFC 6749 section 5.2), or null.</summary>
    public string? Code { get; init; }

    /// <summary>The next refresh token, where it gave one along with the rest that was wrong; or null.</summary>
    public string? RefreshToken { get; init; }
}

namespace Postern.Directory.Secrets;

/// <summary>A key that signs access tokens; the private half is encrypted by Login before it comes here.</summary>
public sealed class SigningKey
{
    /// <summary>The <c>kid</c> header of tokens.</summary>
    public required string KeyId { get; set; }

    /// <summary>Private key, encrypted.</summary>
    public required byte[] ProtectedKey { get; set; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>When it stopped signing, or null.</summary>
    public DateTimeOffset? RetiredAt { get; set; }
}

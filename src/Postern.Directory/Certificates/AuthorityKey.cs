namespace Postern.Directory.Certificates;

/// <summary>A key of the certificate authority; the private half is encrypted by the Authority before it comes here.</summary>
public sealed class AuthorityKey
{
    /// <summary>Id of the key.</summary>
    public Guid Id { get; set; }

    /// <summary>What it signs: <c>user</c> or <c>host</c> certificates.</summary>
    public required string Purpose { get; set; }

    /// <summary>Public key as one line of OpenSSH form.</summary>
    public required string PublicKey { get; set; }

    /// <summary>Private key, encrypted.</summary>
    public required byte[] ProtectedPrivateKey { get; set; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>What it is used for now; of each purpose one key at most is active.</summary>
    public AuthorityKeyState State { get; set; }
}

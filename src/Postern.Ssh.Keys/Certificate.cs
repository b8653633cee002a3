namespace Postern.Ssh.Keys;

/// <summary>
/// An OpenSSH certificate (draft-miller-ssh-cert), well-formed and with its signature by <see cref="SignatureKey"/>
/// verified, but not judged: whether that key is trusted, and whether time, principals and options fit, is for
/// the reader to ask.
/// </summary>
public sealed class Certificate
{
    /// <summary>The certificate's type as it stands in its blob, such as <c>ssh-ed25519-cert-v01@openssh.com</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The certificate in wire form.</summary>
    public required ReadOnlyMemory<byte> Blob { get; init; }

    /// <summary>The key that is certified.</summary>
    public required PublicKey Key { get; init; }

    /// <summary>The authority's number for the certificate.</summary>
    public required ulong Serial { get; init; }

    /// <summary>The key that signed.</summary>
    public required PublicKey SignatureKey { get; init; }
}

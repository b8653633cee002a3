namespace Postern.Ssh.Keys;

/// <summary>
/// An OpenSSH certificate (draft-miller-ssh-cert), well-formed and with its signature by <see cref="SignatureKey"/>
/// verified, but not judged: whether that key is trusted, and whether time, principals and options fit, is for
/// <see cref="CertificatePolicy"/> to decide.
/// </summary>
public sealed class Certificate
{
    internal Certificate()
    {
    }

    /// <summary>The certificate's type as it stands in its blob, such as <c>ssh-ed25519-cert-v01@openssh.com</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The certificate in wire form.</summary>
    public required ReadOnlyMemory<byte> Blob { get; init; }

    /// <summary>The key that is certified.</summary>
    public required PublicKey Key { get; init; }

    /// <summary>The authority's number for the certificate.</summary>
    public required ulong Serial { get; init; }

    /// <summary>Whether it vouches for a person or a server.</summary>
    public required CertificateType CertificateType { get; init; }

    /// <summary>The authority's name for the holder; free of control characters, else unjudged text.</summary>
    public required string KeyId { get; init; }

    /// <summary>
    /// The names that the holder may go by, each whole: a comma in one is a part of it. None means nobody.
    /// </summary>
    public required IReadOnlyList<string> Principals { get; init; }

    /// <summary>The first second in which the certificate holds, since 1970.</summary>
    public required ulong ValidAfter { get; init; }

    /// <summary>The first second in which it no longer does; the largest value stands for never.</summary>
    public required ulong ValidBefore { get; init; }

    /// <summary>What limits the certificate; who does not know one of them must refuse it. In lexical order.</summary>
    public required IReadOnlyList<CertificateOption> CriticalOptions { get; init; }

    /// <summary>What the certificate permits or tells; unknown ones are to be ignored. In lexical order.</summary>
    public required IReadOnlyList<CertificateOption> Extensions { get; init; }

    /// <summary>The key that signed.</summary>
    public required PublicKey SignatureKey { get; init; }

    /// <summary>The algorithm that it signed with, such as <c>rsa-sha2-512</c>.</summary>
    public required string SignatureAlgorithm { get; init; }

    /// <summary>What the extensions permit; one that has a value where it should have none does not count.</summary>
    public CertificatePermissions Permissions =>
        Permission("permit-pty", CertificatePermissions.Terminal)
        | Permission("permit-port-forwarding", CertificatePermissions.PortForwarding)
        | Permission("permit-agent-forwarding", CertificatePermissions.AgentForwarding);

    /// <summary>
    /// Reads a certificate in wire form and verifies its signature. Throws <see cref="Wire.WireFormatException"/> when
    /// anything about it is malformed, beyond <see cref="CertificateLimits"/>, or not truly signed.
    /// </summary>
    public static Certificate Read(ReadOnlySpan<byte> blob) => CertificateReader.Read(blob);

    /// <summary>
    /// Reads the line of a <c>-cert.pub</c> file. Throws <see cref="Wire.WireFormatException"/> as
    /// <see cref="Read"/> does, and when the line is malformed or names another type.
    /// </summary>
    public static Certificate Parse(string line)
    {
        var (type, blob, _) = KeyLine.Read(line);
        var certificate = Read(blob);
        if (!string.Equals(certificate.Type, type, StringComparison.Ordinal))
        {
            Wire.WireFormatException.Throw("the line names another type than its certificate has");
        }

        return certificate;
    }

    /// <summary>The value of an extension, empty for a flag, or null when the certificate has none of that name.</summary>
    public string? FindExtension(string name) =>
        Extensions.FirstOrDefault(e => string.Equals(e.Name, name, StringComparison.Ordinal))?.Value;

    /// <summary>The value of a critical option, or null when the certificate has none of that name.</summary>
    public string? FindCriticalOption(string name) =>
        CriticalOptions.FirstOrDefault(o => string.Equals(o.Name, name, StringComparison.Ordinal))?.Value;

    /// <summary>
    /// Verifies that the holder made <paramref name="signature"/> over <paramref name="data"/>, as
    /// <see cref="PublicKey.Verify"/> does, and in the way that the critical option <c>verify-required</c> asks for: by an
    /// authenticator that recognised its owner. A key that is in no authenticator never satisfies it. The extension
    /// <c>no-touch-required</c> is not honoured: without a touch a signature says nothing about a person.
    /// </summary>
    public bool VerifyHolder(string algorithm, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) =>
        FindCriticalOption(CertificatePolicy.VerifyRequiredOption) is null
            ? Key.Verify(algorithm, data, signature)
            : Key is SecurityKeyPublicKey key && key.Verify(algorithm, data, signature, SecurityKeyFlags.UserVerified);

    /// <summary>The certificate as the line of a <c>-cert.pub</c> file, without a line end.</summary>
    /// <param name="comment">What follows it, or nothing when it is empty.</param>
    public string ToAuthorizedKey(string comment = "") => KeyLine.Write(Type, Blob.Span, comment);

    private CertificatePermissions Permission(string extension, CertificatePermissions permission) =>
        FindExtension(extension) is { Length: 0 } ? permission : CertificatePermissions.None;
}

namespace Postern.Contracts.OAuth;

/// <summary>The body of <c>POST /ssh</c>.</summary>
public sealed record CertificateRequest
{
    /// <summary>The contents of the public key file: an authorized_keys line.</summary>
    public string Key { get; set; } = "";
}

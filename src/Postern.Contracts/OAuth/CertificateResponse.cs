namespace Postern.Contracts.OAuth;

/// <summary>The answer of <c>POST /ssh</c>.</summary>
public sealed record CertificateResponse
{
    /// <summary>The certificate in one line, as OpenSSH writes it.</summary>
    public string Certificate { get; set; } = "";
}

namespace Postern.Contracts.OAuth;

/// <summary>The codes of a sign-in on another device (RFC 8628 section 3.2).</summary>
public sealed record DeviceAuthorizationResponse
{
    /// <summary>The secret that the program polls the token endpoint with.</summary>
    public string DeviceCode { get; set; } = "";

    /// <summary>What the person compares or types, such as <c>WDJB-MJHT</c>.</summary>
    public string UserCode { get; set; } = "";

    /// <summary>The page where the code is typed.</summary>
    public string VerificationUri { get; set; } = "";

    /// <summary>The same page with the code filled in.</summary>
    public string? VerificationUriComplete { get; set; }

    /// <summary>How long the codes hold, in seconds.</summary>
    public long ExpiresIn { get; set; }

    /// <summary>Seconds between two polls; 5 when absent.</summary>
    public int? Interval { get; set; }
}

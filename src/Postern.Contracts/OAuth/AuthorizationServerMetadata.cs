namespace Postern.Contracts.OAuth;

/// <summary>What a client needs of the description of a login server: <c>GET /.well-known/oauth-authorization-server</c> (RFC 8414 section 2).</summary>
public sealed record AuthorizationServerMetadata
{
    /// <summary>The server's own identifier, an address.</summary>
    public string Issuer { get; set; } = "";

    /// <summary>Whether each authorization response names the issuer (RFC 9207 section 3).</summary>
    public bool AuthorizationResponseIssParameterSupported { get; set; }
}

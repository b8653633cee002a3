namespace Postern.Contracts.Api;

/// <summary>Whether an organization asks for a second factor: <c>GET /organizations/{id}/mfa-enforcement</c>.</summary>
public sealed record MfaEnforcement
{
    /// <summary>True when every call, connection and command for it needs one.</summary>
    public bool EnforceMfa { get; set; }
}

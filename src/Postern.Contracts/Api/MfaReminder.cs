namespace Postern.Contracts.Api;

/// <summary>The body of <c>POST /organizations/{id}/mfa/remind</c>.</summary>
public sealed record MfaReminder
{
    /// <summary>Whom to remind; null for everybody without a second factor.</summary>
    public IReadOnlyList<string>? UserIds { get; set; }
}

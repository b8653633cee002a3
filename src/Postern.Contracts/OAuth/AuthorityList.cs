namespace Postern.Contracts.OAuth;

/// <summary>The keys that certificates are signed with: <c>GET /ssh/authority</c>.</summary>
public sealed record AuthorityList
{
    /// <summary>Public keys as authorized_keys lines; several during a rotation.</summary>
    public IReadOnlyList<string> Authorities { get; set; } = [];
}

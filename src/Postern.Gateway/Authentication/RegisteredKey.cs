using Postern.Directory.Approvals;

namespace Postern.Gateway.Authentication;

/// <summary>A plain key that proved a connection, and what a second factor beside it is remembered by.</summary>
/// <param name="Id">The key in the Directory.</param>
/// <param name="Blob">The key in wire form.</param>
/// <param name="Source">Where the connection comes from, as limits count it; null when the client's address is not known.</param>
public sealed record RegisteredKey(int Id, ReadOnlyMemory<byte> Blob, string? Source)
{
    /// <summary>What an approval must be for; null for a client whose address is not known, which none can be for.</summary>
    internal ApprovalScope? ScopeIn(Guid person, string organization) =>
        Source is null ? null : new ApprovalScope(person, Id, organization, Source);
}

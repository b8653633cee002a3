namespace Postern.Contracts.Api;

/// <summary>The body of <c>PATCH /ssh_keys/{id}</c>. A key itself does not change: what else is in it does not count.</summary>
public sealed record SshKeyChange
{
    /// <summary>The new title; empty names the key by its fingerprint, null leaves it.</summary>
    public string? Title { get; set; }
}

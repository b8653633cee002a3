namespace Postern.Contracts.Api;

/// <summary>The body of <c>POST /ssh_keys</c>.</summary>
public sealed record SshKeyCreation
{
    /// <summary>An authorized_keys line.</summary>
    public string Value { get; set; } = "";

    /// <summary>A name for people; the comment of the key when absent.</summary>
    public string? Title { get; set; }
}

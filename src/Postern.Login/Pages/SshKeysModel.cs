using Postern.Directory.People;

namespace Postern.Login.Pages;

/// <summary>The public keys of an account, and the form for one more.</summary>
public sealed class SshKeysModel : PageModel
{
    /// <summary>The keys in the order they were added.</summary>
    public required IReadOnlyList<SshKey> Keys { get; init; }

    /// <summary>The time that ages are counted from.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>The name that was typed before. What was pasted as a key is never sent back: it may be a secret.</summary>
    public string Title { get; init; } = "";

    /// <summary>Why the last key was not added, or null.</summary>
    public string? Error { get; init; }

    /// <summary>What was just done, or null.</summary>
    public string? Notice { get; init; }
}

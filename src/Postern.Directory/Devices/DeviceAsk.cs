namespace Postern.Directory.Devices;

/// <summary>What a program without a browser asks for.</summary>
public sealed record DeviceAsk
{
    /// <summary>An OAuth client id, or <see cref="DeviceRequest.SshRequester"/>.</summary>
    public required string Requester { get; init; }

    /// <summary>What the person is asked to allow, one sentence of at most <see cref="DeviceLimits.Purpose"/> characters; it is shown as plain text.</summary>
    public required string Purpose { get; init; }

    /// <summary>How long the codes hold.</summary>
    public required TimeSpan Lifetime { get; init; }

    /// <summary>OAuth scope; empty for none.</summary>
    public string Scope { get; init; } = "";

    /// <summary>Authentication methods that the approving sign-in must have; empty for any.</summary>
    public IReadOnlyList<string> RequiredAmr { get; init; } = [];

    /// <summary>The greatest age of the approving sign-in, or null.</summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>Address that asks, or null when unknown.</summary>
    public string? Address { get; init; }

    /// <summary>The asking program's own name, or null.</summary>
    public string? UserAgent { get; init; }
}

namespace Postern.Contracts.Api;

/// <summary>Whether a project may be used.</summary>
public sealed record ProjectSubscription
{
    /// <summary>The address of the licence; empty where nothing is billed.</summary>
    public string LicenseUri { get; init; } = "";

    /// <summary>The plan's name.</summary>
    public string Plan { get; init; } = "";

    /// <summary>True when the project is switched off.</summary>
    public bool Suspended { get; init; }

    /// <summary>True when features are limited.</summary>
    public bool Restricted { get; init; }

    /// <summary>How many environments may be active.</summary>
    public int Environments { get; init; }

    /// <summary>Storage in MiB.</summary>
    public long Storage { get; init; }
}

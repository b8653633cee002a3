namespace Postern.Contracts.Api;

/// <summary>Whether a project may be used.</summary>
public sealed record ProjectSubscription
{
    /// <summary>The address of the licence; empty where nothing is billed.</summary>
    public string LicenseUri { get; set; } = "";

    /// <summary>The plan's name.</summary>
    public string Plan { get; set; } = "";

    /// <summary>True when the project is switched off.</summary>
    public bool Suspended { get; set; }

    /// <summary>True when features are limited.</summary>
    public bool Restricted { get; set; }

    /// <summary>How many environments may be active.</summary>
    public int Environments { get; set; }

    /// <summary>Storage in MiB.</summary>
    public long Storage { get; set; }
}

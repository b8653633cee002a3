namespace Postern.Interop;

/// <summary>One client of the matrix: its driver, what it can do, and how it says what happens to it.</summary>
public sealed record Client
{
    /// <summary>The name that the drivers know.</summary>
    public required string Id { get; init; }

    /// <summary>The name that people know, and its row in docs/clients.md.</summary>
    public required string Title { get; init; }

    /// <summary>The program of the driver and its first arguments.</summary>
    public required IReadOnlyList<string> Driver { get; init; }

    /// <summary>The version that the matrix is known to pass with; docs/clients.md names it.</summary>
    public required string Version { get; init; }

    /// <summary>What prints the version.</summary>
    public required IReadOnlyList<string> VersionCommand { get; init; }

    /// <summary>Whether it logs in with a certificate; otherwise with a registered key.</summary>
    public bool UsesCertificate { get; init; }

    /// <summary>What it cannot do, whatever the server is; docs/clients.md says why.</summary>
    public IReadOnlyList<string> Lacks { get; init; } = [];

    /// <summary>What it gives as the status of a command that a signal ended.</summary>
    public int? KilledStatus { get; init; }

    /// <summary>What it gives as that signal.</summary>
    public string? KilledSignal { get; init; }

    /// <summary>Whether it can show what the server says before a login succeeds.</summary>
    public bool ShowsReason { get; init; } = true;

    /// <summary>Its own words for a login that was refused.</summary>
    public required string DeniedWords { get; init; }

    /// <summary>Its own words for an unexpected host key.</summary>
    public required string WrongHostWords { get; init; }

    /// <summary>The scenarios it goes through.</summary>
    public IEnumerable<string> Scenarios => Interop.Scenarios.All.Except(Lacks).Where(s => UsesCertificate || s != Interop.Scenarios.Key);
}

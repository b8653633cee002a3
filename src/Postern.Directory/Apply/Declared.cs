using Postern.Directory.Deployments;
using Postern.Directory.Organizations;
using Postern.Directory.Projects;

namespace Postern.Directory.Apply;

/// <summary>A name that must exist, and where it was written.</summary>
internal readonly record struct Reference(string Value, string Path, int Line);

/// <summary>A whole document. What is null was not written and stays as it is.</summary>
internal sealed record ApplyDocument(
    IReadOnlyList<DeclaredOrganization> Organizations, IReadOnlyList<DeclaredProject> Projects, IReadOnlyList<Reference> Sources);

internal sealed record DeclaredOrganization(Reference Name)
{
    public string? Label { get; init; }

    public Reference? Owner { get; init; }

    public bool? RequiresMfa { get; init; }

    public bool? PinsSourceAddress { get; init; }

    public bool? IsSuspended { get; init; }

    public IReadOnlyList<DeclaredPlace>? Members { get; init; }
}

internal sealed record DeclaredPlace(Reference Account, OrganizationRole Role);

internal sealed record DeclaredProject(Reference Id)
{
    public string? Title { get; init; }

    public Reference? Organization { get; init; }

    public string? Region { get; init; }

    public string? DefaultBranch { get; init; }

    public bool? IsSuspended { get; init; }

    public IReadOnlyList<DeclaredMember>? Members { get; init; }

    public required IReadOnlyList<DeclaredEnvironment> Environments { get; init; }
}

internal sealed record DeclaredMember(
    Reference Account, ProjectRole Role, EnvironmentRole? Production, EnvironmentRole? Staging, EnvironmentRole? Development);

internal sealed record DeclaredEnvironment(Reference Name)
{
    public string? Title { get; init; }

    public EnvironmentType? Type { get; init; }

    public EnvironmentStatus? Status { get; init; }

    public Reference? Parent { get; init; }

    public DeploymentContent? Content { get; init; }
}

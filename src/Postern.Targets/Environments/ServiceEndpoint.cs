using System.Net;
using Postern.Directory.Deployments;

namespace Postern.Targets.Environments;

/// <summary>Where a service of an environment listens and how to sign in to it.</summary>
internal sealed record ServiceEndpoint
{
    /// <summary>The service as it is deployed.</summary>
    public required DeployedService Service { get; init; }

    /// <summary>The service's own loopback address and its type's usual port.</summary>
    public required IPEndPoint Address { get; init; }

    /// <summary>Scheme of its URLs, such as <c>pgsql</c>.</summary>
    public required string Scheme { get; init; }

    /// <summary>The user, or null for services that have a password only.</summary>
    public string? UserName { get; init; }

    /// <summary>The generated password.</summary>
    public required string Password { get; init; }

    /// <summary>The database, or null.</summary>
    public string? Path { get; init; }
}

using Postern.Targets.Environments;

namespace Postern.Targets.Services;

/// <summary>What is particular to one kind of service.</summary>
internal interface IServiceKind
{
    /// <summary>The usual port.</summary>
    int Port { get; }

    /// <summary>Scheme of its URLs.</summary>
    string Scheme { get; }

    /// <summary>The user that apps sign in as, or null.</summary>
    string? UserName { get; }

    /// <summary>The database that apps use, or null.</summary>
    string? Path { get; }

    /// <summary>The signal that makes it stop cleanly and soon.</summary>
    int StopSignal { get; }

    /// <summary>
    /// The files that it needs as <c>/etc/postern/NAME</c>, by name. One is <c>run</c>, a shell script that ends as the
    /// service, with <c>/data</c> as its folder. They may hold the password.
    /// </summary>
    /// <exception cref="IOException">The programs are not on this machine.</exception>
    IReadOnlyDictionary<string, string> MakeFiles(ServiceEndpoint endpoint, ProcessTargetConfig config);

    /// <summary>Asks the service in its own protocol whether it serves; false or an exception means not yet.</summary>
    Task<bool> IsHealthyAsync(ServiceEndpoint endpoint, CancellationToken cancellationToken);
}

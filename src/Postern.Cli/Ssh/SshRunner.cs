using Postern.Cli.CommandLine;
using Postern.Cli.Hosting;
using Postern.Cli.Selection;

namespace Postern.Cli.Ssh;

/// <summary>Runs the user's own ssh with this session's certificate.</summary>
internal sealed class SshRunner(Invocation invocation)
{
    private static readonly (string Name, string Value) NoRefresh = ("CLI_SSH_NO_REFRESH", "1");

    /// <summary>A refusal comes quickly; what fails later than this was a session that ended.</summary>
    private static readonly TimeSpan DiagnosedWithin = TimeSpan.FromSeconds(3);

    /// <summary>A remote command that only prints a variable.</summary>
    private static readonly TimeSpan HelperLimit = TimeSpan.FromSeconds(60);

    /// <summary>Loads a certificate when that is wanted; a failure is said and ssh is tried all the same.</summary>
    public async Task PrepareAsync(CancellationToken cancellation)
    {
        if (!invocation.Config.AutoLoadCertificate)
        {
            return;
        }

        try
        {
            var before = invocation.Certificates.Files.Load();
            var certificate = await invocation.Certificates.LoadAsync(isNewWanted: false, cancellation);
            if (before is null || before.Serial != certificate.Serial)
            {
                invocation.SshConfig.WriteHostKeys();
                invocation.SshConfig.WriteSession(invocation.Certificates.Files);
            }
        }
        catch (CliException exception) when (exception.ExitCode != ExitCode.LoginRequired)
        {
            invocation.Terminal.Say($"Failed to generate SSH certificate: {exception.Message}");
        }
    }

    /// <summary>The options for a host, each ready to follow <c>-o</c>.</summary>
    public IReadOnlyList<string> Options(string host, string? identityFile, IReadOnlyList<string> userOptions)
    {
        var config = invocation.Config;
        var files = invocation.Certificates.Files;
        var options = new List<string> { "SendEnv TERM" };
        options.AddRange(invocation.Terminal.Verbosity switch
        {
            >= 3 => [config.IsDebug ? "LogLevel DEBUG3" : "LogLevel DEBUG"],
            2 => ["LogLevel VERBOSE"],
            _ => invocation.Terminal.IsQuiet ? ["LogLevel QUIET"] : Array.Empty<string>(),
        });
        var isInternal = IsInternalHost(host);
        if (identityFile is not null)
        {
            options.Add($"IdentityFile {SshOption.Path(Path.GetFullPath(identityFile, invocation.Host.CurrentDirectory))}");
            options.Add("IdentitiesOnly yes");
        }
        else if (isInternal != false && files.Load() is not null)
        {
            options.Add($"CertificateFile {SshOption.Path(files.Certificate)}");
            options.Add($"IdentityFile {SshOption.Path(files.Key)}");
            if (isInternal == true)
            {
                options.Add("IdentitiesOnly yes");
            }
        }

        if (File.Exists(invocation.Directory.HostKeysFile))
        {
            options.Add($"UserKnownHostsFile ~/.ssh/known_hosts ~/.ssh/known_hosts2 {SshOption.Path(invocation.Directory.HostKeysFile)}");
        }

        if (isInternal != false)
        {
            options.AddRange(config.SshOptions);
        }

        options.AddRange(userOptions);
        return options;
    }

    /// <summary>The arguments of ssh: host first, then options, then the remote command.</summary>
    public static IReadOnlyList<string> Arguments(SshDestination destination, IEnumerable<string> options, string? remoteCommand) =>
        [destination.ToString(), .. options.SelectMany(o => new[] { "-o", o }), .. remoteCommand is null ? Array.Empty<string>() : ["--", remoteCommand]];

    /// <summary>Hands the terminal to ssh and explains a failure.</summary>
    public async Task<int> RunAsync(Container container, IReadOnlyList<string> arguments, IReadOnlyList<string> options, CancellationToken cancellation)
    {
        var ssh = Find();
        var started = invocation.Host.Time.GetTimestamp();
        var exitCode = await invocation.Processes.RunAttachedAsync(ssh, arguments, cancellation, NoRefresh);
        if (exitCode == ExitCode.Success)
        {
            return exitCode;
        }

        if (container.Project.Subscription.Suspended)
        {
            invocation.Terminal.Say("This project is suspended.");
        }
        else if (exitCode == ExitCode.SshFailed && IsInternalHost(container.Destination.Host) != false && invocation.Host.Time.GetElapsedTime(started) <= DiagnosedWithin)
        {
            await new SshDiagnostics(invocation).ExplainAsync(container.Destination, options, cancellation);
        }

        return exitCode;
    }

    /// <summary>Runs a remote command and returns what it printed.</summary>
    /// <exception cref="CliException">ssh could not connect, or the command failed.</exception>
    public async Task<string> CaptureAsync(Container container, string remoteCommand, CancellationToken cancellation)
    {
        var options = Options(container.Destination.Host, null, ["BatchMode yes", "RequestTTY no"]);
        var result = await invocation.Processes.CaptureAsync(
            Find(), Arguments(container.Destination, options, remoteCommand), HelperLimit, cancellation, NoRefresh);
        if (result.ExitCode == ExitCode.Success)
        {
            return result.Output;
        }

        invocation.Terminal.Say(result.Error.TrimEnd());
        if (result.ExitCode == ExitCode.SshFailed && !result.TimedOut)
        {
            await new SshDiagnostics(invocation).ExplainAsync(result.Error, cancellation);
        }

        throw new CliException("ProcessFailedException", $"The command failed with the exit code: {result.ExitCode}\nssh {container.Destination} {remoteCommand}", ExitCode.Failure);
    }

    public string Find() => Executables.Require(invocation.Host, "ssh", "the OpenSSH client");

    /// <summary>Whether the host is one of the service's; null when no pattern is known.</summary>
    public bool? IsInternalHost(string host)
    {
        if (invocation.Config.DomainWildcards.Count == 0)
        {
            return null;
        }

        return invocation.Config.DomainWildcards.Any(w => host.EndsWith(w.Replace("*.", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase));
    }
}

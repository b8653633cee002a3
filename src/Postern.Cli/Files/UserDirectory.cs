using Postern.Cli.Hosting;

namespace Postern.Cli.Files;

/// <summary>Where the command keeps its things: <c>~/.postern</c>.</summary>
internal sealed class UserDirectory(string home, string root)
{
    public string Home { get; } = home;

    public string Root { get; } = root;

    public string ConfigurationFile => Path.Combine(Root, "config.yaml");

    /// <summary>The well-known document of the server logged in to.</summary>
    public string ServerFile => Path.Combine(Root, "server.json");

    public string Locks => Path.Combine(Root, "locks");

    public string SessionsRoot => Path.Combine(Root, ".session");

    public string SessionIdFile => Path.Combine(Root, "session-id");

    public string SshDirectory => Path.Combine(Root, "ssh");

    public string SessionSshConfig => Path.Combine(SshDirectory, "session.config");

    public string HostKeysFile => Path.Combine(SshDirectory, "host-keys");

    public string HostKeysConfig => Path.Combine(SshDirectory, "host-keys.config");

    public string UserSshDirectory => Path.Combine(Home, ".ssh");

    public string UserSshConfig => Path.Combine(UserSshDirectory, "config");

    public string TunnelState => Path.Combine(Root, "tunnel-info.json");

    public string TunnelLog => Path.Combine(Root, "tunnels.log");

    public string TunnelDirectory => Path.Combine(Root, ".tunnels");

    public string Session(string sessionId) => Path.Combine(SessionsRoot, "sess-cli-" + sessionId);

    public static UserDirectory Locate(CliHost host, string environmentPrefix, string directoryName)
    {
        var home = host.Variable(environmentPrefix + "HOME") ?? host.Variable("HOME")
            ?? throw CliException.Failure($"The home directory is unknown. Set HOME or {environmentPrefix}HOME.");
        var full = Path.GetFullPath(home, host.CurrentDirectory);
        return new UserDirectory(full, Path.Combine(full, directoryName));
    }
}

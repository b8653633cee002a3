namespace Postern.Cli.Hosting;

/// <summary>Finds programs on the search path of the host's environment.</summary>
internal static class Executables
{
    private const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    public static string? Find(CliHost host, string name)
    {
        foreach (var directory in (host.Variable("PATH") ?? "/usr/local/bin:/usr/bin:/bin").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            var candidate = Path.Combine(directory, name);
            if (File.Exists(candidate) && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(candidate) & AnyExecute) != UnixFileMode.None))
            {
                return candidate;
            }
        }

        return null;
    }

    public static string Require(CliHost host, string name, string package) => Find(host, name)
        ?? throw CliException.DependencyMissing($"The program '{name}' was not found on the search path.\nInstall {package} and try again.");
}

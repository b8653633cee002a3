namespace Postern.Cli.SshConfiguration;

/// <summary>The texts of the ssh configuration files; pure, so that they can be compared byte by byte.</summary>
internal static class SshConfigText
{
    // Only these shells understand the tests in front of the hook's command; ssh runs it with the user's shell.
    private static readonly string[] KnownShells = ["sh", "bash", "csh", "dash", "ksh", "tcsh", "zsh"];

    /// <summary>A path or pattern as one argument of ssh_config.</summary>
    public static string Quote(string path) => path.Any(char.IsWhiteSpace) ? $"\"{path}\"" : path;

    public static bool UnderstandsTests(string? shell) => shell is null || KnownShells.Contains(Path.GetFileName(shell), StringComparer.Ordinal);

    /// <summary>The block in the user's own configuration.</summary>
    public static string UserBlock(string serviceName, IReadOnlyList<string> wildcards, string sshDirectory) =>
        $"""
        # BEGIN: {serviceName} certificate configuration
        Host {string.Join(' ', wildcards)}
          Include {Quote(sshDirectory + "/*.config")}
        Host *
        # END: {serviceName} certificate configuration

        """;

    /// <summary>Puts the block into a configuration: in the place of an older one, or at the end.</summary>
    public static string WithUserBlock(string existing, string serviceName, string block)
    {
        var without = WithoutUserBlock(existing, serviceName, out var position);
        if (position is { } place)
        {
            return without[..place] + block + without[place..];
        }

        var separator = existing.Length == 0 ? "" : existing.EndsWith('\n') ? "\n" : "\n\n";
        return existing + separator + block;
    }

    /// <summary>Takes the block out again.</summary>
    public static string WithoutUserBlock(string existing, string serviceName, out int? position)
    {
        var begin = $"# BEGIN: {serviceName} certificate configuration\n";
        var end = $"# END: {serviceName} certificate configuration";
        var start = existing.StartsWith(begin, StringComparison.Ordinal) ? 0 : existing.IndexOf("\n" + begin, StringComparison.Ordinal) is >= 0 and var found ? found + 1 : -1;
        var stop = start < 0 ? -1 : existing.IndexOf(end, start, StringComparison.Ordinal);
        position = null;
        if (stop < 0)
        {
            return existing;
        }

        stop += end.Length;
        stop += stop < existing.Length && existing[stop] == '\n' ? 1 : 0;
        position = start;
        return existing[..start] + existing[stop..];
    }

    public static string SessionInclude(IReadOnlyList<string> wildcards, string sessionSshDirectory) =>
        $"""
        # This file includes SSH configuration for the current session.
        # It is written by the command line client and will be overwritten.
        # Make changes in your own SSH configuration instead.
        Host {string.Join(' ', wildcards)}
          Include {Quote(sessionSshDirectory + "/config")}

        """;

    public static string HostKeysInclude(string hostKeysFile) =>
        $"UserKnownHostsFile ~/.ssh/known_hosts ~/.ssh/known_hosts2 {Quote(hostKeysFile)}\n";

    /// <summary>The session's configuration with a certificate, which refreshes itself.</summary>
    /// <param name="wildcards">The gateway's host patterns.</param>
    /// <param name="refreshCommand">The command that loads a certificate, ready for a shell.</param>
    /// <param name="freshScript">The script that succeeds while no refresh is needed.</param>
    /// <param name="shell">The user's shell.</param>
    /// <param name="certificate">The certificate file.</param>
    /// <param name="key">The key file.</param>
    /// <param name="options">More lines from the configuration.</param>
    public static string WithCertificate(
        IReadOnlyList<string> wildcards, string refreshCommand, string freshScript, string? shell, string certificate, string key, IReadOnlyList<string> options)
    {
        var tests = "";
        if (UnderstandsTests(shell))
        {
            tests = "[ $CLI_SSH_NO_REFRESH'' = '1' ] || "
                + (IsQuotableInHook(freshScript) ? $"/bin/sh '{EscapeTokens(freshScript)}' || " : "");
        }

        return $"""
            # Auto-refresh the SSH certificate.
            Match host "{string.Join(',', wildcards)}" exec "{tests}{refreshCommand} ssh-cert:load --refresh-only --yes --quiet"

            # Cancel the Match, so that the following configuration will apply regardless of
            # the command's execution.
            Host {string.Join(' ', wildcards)}

            # Include the certificate and its key.
            CertificateFile {Quote(EscapeTokens(certificate))}
            IdentityFile {Quote(EscapeTokens(key))}

            """ + Options(options);
    }

    /// <summary>The session's configuration without a certificate.</summary>
    public static string WithoutCertificate(IReadOnlyList<string> wildcards, string? key, IReadOnlyList<string> options) =>
        $"Host {string.Join(' ', wildcards)}\n" + (key is null ? "" : $"IdentityFile {Quote(EscapeTokens(key))}\n") + Options(options);

    /// <summary>The command's own path, ready for the shell inside the quoted argument of exec.</summary>
    public static string? HookWord(string word)
    {
        var isPlain = word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '_' or '-' or '+');
        return isPlain ? word : IsQuotableInHook(word) ? $"'{EscapeTokens(word)}'" : null;
    }

    // Inside exec "..." older ssh knows no escapes, and inside '...' a shell knows none.
    private static bool IsQuotableInHook(string text) => !text.Any(c => c is '\'' or '"' or '\\' || char.IsControl(c));

    // ssh expands %x in these arguments.
    private static string EscapeTokens(string text) => text.Replace("%", "%%", StringComparison.Ordinal);

    private static string Options(IReadOnlyList<string> options) =>
        options.Count == 0 ? "" : "\n# Other options from the CLI's configuration.\n" + string.Concat(options.Select(o => o + "\n"));
}

using Postern.Cli.Certificates;
using Postern.Cli.Configuration;
using Postern.Cli.Files;
using Postern.Cli.Hosting;
using Postern.Cli.Terminals;

namespace Postern.Cli.SshConfiguration;

/// <summary>Writes the ssh configuration, so that plain ssh, git and editors work without this command.</summary>
internal sealed class SshConfigWriter(CliHost host, VendorConfig config, UserDirectory directory, Terminal terminal)
{
    private const long MaxUserConfigBytes = 4 * 1024 * 1024;

    /// <summary>The gateway's host keys and authorities, as a known_hosts file of their own.</summary>
    public void WriteHostKeys()
    {
        var lines = HostKeyLines();
        if (lines.Count == 0)
        {
            AtomicFile.TryDelete(directory.HostKeysFile);
            AtomicFile.TryDelete(directory.HostKeysConfig);
            return;
        }

        WriteIfChanged(directory.HostKeysFile, string.Concat(lines.Select(l => l + "\n")));
        WriteIfChanged(directory.HostKeysConfig, SshConfigText.HostKeysInclude(directory.HostKeysFile));
    }

    /// <summary>The session's part; needs at least one host pattern.</summary>
    public void WriteSession(CertificateFiles files)
    {
        if (config.DomainWildcards.Count == 0)
        {
            return;
        }

        var text = files.Load() is null
            ? SshConfigText.WithoutCertificate(config.DomainWildcards, null, config.SshOptions)
            : SshConfigText.WithCertificate(config.DomainWildcards, RefreshCommand(), files.Fresh, host.Variable("SHELL"), files.Certificate, files.Key, config.SshOptions);
        WriteIfChanged(files.SshConfig, text);
        WriteIfChanged(directory.SessionSshConfig, SshConfigText.SessionInclude(config.DomainWildcards, files.Directory));
    }

    /// <summary>Offers to include our files from the user's own configuration.</summary>
    /// <returns>False when the lines are missing and were not added.</returns>
    public bool OfferUserConfig()
    {
        if (config.DomainWildcards.Count == 0 || config.WriteUserSshConfig == false)
        {
            return true;
        }

        var path = directory.UserSshConfig;
        var block = SshConfigText.UserBlock(config.ServiceName, config.DomainWildcards, directory.SshDirectory);
        var existing = AtomicFile.ReadIfExists(path, MaxUserConfigBytes);
        var updated = SshConfigText.WithUserBlock(existing ?? "", config.ServiceName, block);
        if (existing == updated)
        {
            terminal.SayVerbose($"The SSH configuration file is up to date: {path}");
            return true;
        }

        if (existing is not null)
        {
            terminal.Say($"Checking SSH configuration file: {path}");
        }

        var question = existing is null ? "Do you want to create an SSH configuration file automatically?" : "Do you want to update the file automatically?";
        if (config.WriteUserSshConfig != true && !terminal.Confirm(question))
        {
            terminal.Say($"To configure SSH manually, add the following lines to {path}:\n\n{block}");
            return false;
        }

        AtomicFile.Write(path, updated);
        terminal.Say(existing is null ? $"Configuration file created successfully: {path}" : $"Configuration file updated successfully: {path}");
        return true;
    }

    public void DeleteSession()
    {
        if (File.Exists(directory.SessionSshConfig))
        {
            terminal.Say("Deleting all session SSH configuration");
            AtomicFile.TryDelete(directory.SessionSshConfig);
        }
    }

    /// <summary>The command for the hook: its name when that finds this program, else its whole path.</summary>
    private string RefreshCommand()
    {
        var onPath = Executables.Find(host, config.Executable);
        if (onPath is not null && RealPath(onPath) == RealPath(host.ExecutablePath))
        {
            return config.Executable;
        }

        var words = host.ExecutableArguments.Prepend(host.ExecutablePath).Select(SshConfigText.HookWord).ToList();
        return words.Contains(null) ? config.Executable : string.Join(' ', words);
    }

    private List<string> HostKeyLines()
    {
        var lines = new List<string>(config.HostKeys);
        if (config.HostKeysFile is { } file)
        {
            var text = AtomicFile.ReadIfExists(Path.GetFullPath(file, directory.Home), MaxUserConfigBytes)
                ?? throw CliException.Configuration($"ssh.host_keys_file: there is no file {file}");
            lines.AddRange(text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        }

        return lines;
    }

    private static string RealPath(string path) =>
        (File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName : null) ?? Path.GetFullPath(path);

    private static void WriteIfChanged(string path, string text)
    {
        if (AtomicFile.ReadIfExists(path, MaxUserConfigBytes) != text)
        {
            AtomicFile.Write(path, text);
        }
    }
}

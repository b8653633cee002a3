using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using Postern.Cli.Certificates;
using Postern.Cli.CommandLine;
using Postern.Cli.Files;
using Postern.Cli.Hosting;
using Postern.Cli.Terminals;
using Postern.Contracts.Api;

namespace Postern.Cli.Keys;

/// <summary><c>ssh-key:add</c>, <c>ssh-key:list</c> and <c>ssh-key:delete</c>.</summary>
internal static class KeyCommands
{
    private const long MaxKeyFileBytes = 64 * 1024;
    private const string Notice = "SSH keys are no longer needed by default, as SSH certificates are supported.\nCertificates offer more security than keys.";

    private static readonly TimeSpan KeygenLimit = TimeSpan.FromMinutes(1);
    private static readonly string[] Columns = ["id", "title", "path", "fingerprint"];
    private static readonly string[] DefaultColumns = ["id", "title", "path"];

    public static Command Add(CommandTree tree)
    {
        var path = new Argument<string?>("path") { Arity = ArgumentArity.ZeroOrOne, Description = "The path to an existing SSH public key" };
        var name = new Option<string?>("--name") { Description = "A name to identify the key" };
        var command = new Command("ssh-key:add", "Add a new SSH key") { path, name };
        return command.Does(tree, async (invocation, cancellation) =>
        {
            var terminal = invocation.Terminal;
            var service = invocation.Config.ServiceName;
            var user = await invocation.Api.GetAsync("/users/me", ApiJsonContext.Default.UserProfile, cancellation);
            terminal.Say($"Adding an SSH key to your {service} account ({user.Email})\n\n{Notice}\n");
            if (!terminal.Confirm("Are you sure you want to continue adding a key?", defaultAnswer: false))
            {
                return ExitCode.Failure;
            }

            var file = invocation.Value(path) is { } given ? Existing(invocation, given) : await ChooseAsync(invocation, user, cancellation);
            if (file is null)
            {
                return ExitCode.Failure;
            }

            var keygen = Executables.Require(invocation.Host, "ssh-keygen", "the OpenSSH client");
            var check = await invocation.Processes.CaptureAsync(keygen, ["-l", "-f", file], KeygenLimit, cancellation);
            var line = AtomicFile.ReadIfExists(file, MaxKeyFileBytes)?.Trim();
            if (check.ExitCode != 0 || line is null || line.Contains('\n', StringComparison.Ordinal))
            {
                throw CliException.Argument($"The file is not a valid SSH public key: {file}");
            }

            var account = await invocation.Api.GetAsync("/me", ApiJsonContext.Default.LegacyAccount, cancellation);
            if (account.SshKeys.Any(k => k.Fingerprint == Fingerprint(line)))
            {
                terminal.Say("This key already exists in your account.");
                return ExitCode.Success;
            }

            var title = invocation.Value(name);
            var key = await invocation.Api.PostAsync(
                invocation.Api.BaseUrl + "/ssh_keys", new SshKeyCreation { Value = line, Title = title }, ApiJsonContext.Default.SshKeyCreation, ApiJsonContext.Default.SshKey, cancellation);
            terminal.Say($"The SSH key {(key.Title.Length > 0 ? key.Title : Path.GetFileName(file))} has been successfully added to your {service} account.");
            return ExitCode.Success;
        });
    }

    public static Command List(CommandTree tree)
    {
        var table = new TableOptions();
        var command = new Command("ssh-key:list", "Get a list of SSH keys in your account");
        command.Aliases.Add("ssh-keys");
        table.AddTo(command);
        return command.Does(tree, async (invocation, cancellation) =>
        {
            var account = await invocation.Api.GetAsync("/me", ApiJsonContext.Default.LegacyAccount, cancellation);
            if (account.SshKeys.Count == 0)
            {
                invocation.Terminal.Say($"You do not yet have any SSH public keys in your {invocation.Config.ServiceName} account.");
                return ExitCode.Failure;
            }

            var isForMachine = table.IsForMachine(invocation);
            var local = LocalKeys(invocation.Directory.UserSshDirectory);
            var rows = new Table(Columns, DefaultColumns);
            foreach (var key in account.SshKeys)
            {
                rows.Add(
                    ("id", key.KeyId.ToString(CultureInfo.InvariantCulture)), ("title", key.Title), ("path", local.GetValueOrDefault(key.Fingerprint, isForMachine ? "" : "Not found")), ("fingerprint", key.Fingerprint));
            }

            table.Print(invocation, rows);
            if (!isForMachine)
            {
                var executable = invocation.Config.Executable;
                invocation.Terminal.Say($"\nAdd a new SSH key with: {executable} ssh-key:add\nDelete an SSH key with: {executable} ssh-key:delete [id]\n\n{Notice}");
            }

            return ExitCode.Success;
        });
    }

    public static Command Delete(CommandTree tree)
    {
        var id = new Argument<string?>("id") { Arity = ArgumentArity.ZeroOrOne, Description = "The ID of the SSH key to delete" };
        var command = new Command("ssh-key:delete", "Delete an SSH key") { id };
        return command.Does(tree, async (invocation, cancellation) =>
        {
            var wanted = invocation.Value(id) ?? await ChooseAsync(invocation, cancellation);
            if (wanted is null || !long.TryParse(wanted, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                throw CliException.Argument("The ID of an SSH key, a number, must be given.\nList the keys with: " + invocation.Config.Executable + " ssh-keys");
            }

            var path = string.Create(CultureInfo.InvariantCulture, $"/ssh_keys/{number}");
            if (await invocation.Api.FindAsync(path, ApiJsonContext.Default.SshKey, cancellation) is null)
            {
                invocation.Terminal.Say($"SSH key not found: {number}");
                return ExitCode.Failure;
            }

            await invocation.Api.DeleteAsync(path, cancellation);
            invocation.Terminal.Say($"The SSH key {number} has been deleted from your {invocation.Config.ServiceName} account.");
            return ExitCode.Success;
        });
    }

    /// <summary>MD5 of the key's blob, the form in which the API names keys.</summary>
    internal static string Fingerprint(string line)
    {
        // A name, not a protection: the API's own form.
#pragma warning disable CA5351
        return Convert.ToHexStringLower(MD5.HashData(CertificateFiles.Blob(line)));
#pragma warning restore CA5351
    }

    private static string Existing(Invocation invocation, string given)
    {
        var path = Path.GetFullPath(given.StartsWith("~/", StringComparison.Ordinal) ? Path.Combine(invocation.Directory.Home, given[2..]) : given, invocation.Host.CurrentDirectory);
        if (!path.EndsWith(".pub", StringComparison.Ordinal) && File.Exists(path + ".pub"))
        {
            path += ".pub";
        }

        return File.Exists(path) ? path : throw CliException.Argument($"File not found: {path}");
    }

    private static async Task<string?> ChooseAsync(Invocation invocation, UserProfile user, CancellationToken cancellation)
    {
        var terminal = invocation.Terminal;
        var existing = Path.Combine(invocation.Directory.UserSshDirectory, "id_ed25519.pub");
        if (File.Exists(existing) && terminal.Confirm($"Use the existing key {existing}?"))
        {
            return existing;
        }

        if (!terminal.Confirm("Generate a new key?"))
        {
            return null;
        }

        var name = $"id_ed25519-{invocation.Config.Slug}-{string.Concat(user.Username.Where(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))}";
        var suggested = Path.Combine(invocation.Directory.UserSshDirectory, name);
        for (var suffix = 2; File.Exists(suggested); suffix++)
        {
            suggested = Path.Combine(invocation.Directory.UserSshDirectory, $"{name}{suffix}");
        }

        var answer = terminal.Ask("Enter a filename for the new key, without .pub", suggested) ?? suggested;
        var file = Path.GetFullPath(answer, invocation.Directory.UserSshDirectory);
        AtomicFile.CreateDirectory(Path.GetDirectoryName(file)!);
        var keygen = Executables.Require(invocation.Host, "ssh-keygen", "the OpenSSH client");
        var result = await invocation.Processes.CaptureAsync(keygen, ["-q", "-t", "ed25519", "-f", file, "-N", ""], KeygenLimit, cancellation);
        if (result.ExitCode != 0)
        {
            throw CliException.Failure($"ssh-keygen could not make the key {file}: {(result.Error + result.Output).Trim()}");
        }

        terminal.Say($"Generated a new key: {file}.pub");
        terminal.Say($"\nAdd this key to an SSH agent with:\n    eval $(ssh-agent)\n    ssh-add '{file}'");
        return file + ".pub";
    }

    private static async Task<string?> ChooseAsync(Invocation invocation, CancellationToken cancellation)
    {
        if (!invocation.Terminal.IsInteractive)
        {
            return null;
        }

        var keys = (await invocation.Api.GetAsync("/me", ApiJsonContext.Default.LegacyAccount, cancellation)).SshKeys;
        var labels = keys.Select(k => $"{k.KeyId} ({(k.Title.Length > 0 ? k.Title : k.Fingerprint)})").ToList();
        return labels.Count > 0 && invocation.Terminal.Choose("Enter a number to choose a key to delete:", labels) is { } index
            ? keys[index].KeyId.ToString(CultureInfo.InvariantCulture)
            : null;
    }

    private static Dictionary<string, string> LocalKeys(string directory)
    {
        var keys = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!Directory.Exists(directory))
        {
            return keys;
        }

        foreach (var publicKey in Directory.EnumerateFiles(directory, "*.pub").Order(StringComparer.Ordinal))
        {
            var privateKey = publicKey[..^".pub".Length];
            try
            {
                if (File.Exists(privateKey) && AtomicFile.ReadIfExists(publicKey, MaxKeyFileBytes) is { } line)
                {
                    keys.TryAdd(Fingerprint(line), privateKey);
                }
            }
            catch (Exception exception) when (exception is FormatException or CliException)
            {
                // Not a key; people keep other things there.
            }
        }

        return keys;
    }
}

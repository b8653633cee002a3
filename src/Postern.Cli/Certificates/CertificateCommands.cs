using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Postern.Cli.CommandLine;
using Postern.Cli.Hosting;
using Postern.Cli.Terminals;

namespace Postern.Cli.Certificates;

/// <summary><c>ssh-cert:load</c> and <c>ssh-cert:info</c>.</summary>
internal static class CertificateCommands
{
    private const string NoRefreshVariable = "CLI_SSH_NO_REFRESH";

    public static Command Load(CommandTree tree)
    {
        var refreshOnly = new Option<bool>("--refresh-only") { Description = "Only refresh the certificate if necessary; do not write SSH config" };
        var isNew = new Option<bool>("--new") { Description = "Force the certificate to be refreshed" };
        var newKey = new Option<bool>("--new-key") { Hidden = true };
        var command = new Command("ssh-cert:load", "Generate an SSH certificate") { refreshOnly, isNew, newKey };
        return command.Does(tree, async (invocation, cancellation) =>
        {
            var terminal = invocation.Terminal;
            if (invocation.Host.Variable(NoRefreshVariable) is { } && invocation.Value(refreshOnly))
            {
                terminal.Say($"Not refreshing SSH certificate ({NoRefreshVariable} variable is set)");
                return ExitCode.Success;
            }

            if (invocation.Value(newKey))
            {
                terminal.Say("DEPRECATED: The option --new-key is no longer needed.");
            }

            var isWanted = invocation.Value(isNew) || invocation.Value(newKey);
            var present = isWanted ? null : await invocation.Certificates.FindValidAsync(cancellation);
            if (present is null)
            {
                terminal.Say("Generating SSH certificate...");
                present = await invocation.Certificates.LoadAsync(isWanted, cancellation);
            }
            else
            {
                // A hook that came here found its cheap test failing; a valid certificate mends the test.
                invocation.Certificates.Files.SaveFreshness(present.ValidBefore - CertificateRules.ExpiryBuffer);
                if (!invocation.Value(refreshOnly))
                {
                    terminal.Say("A valid SSH certificate exists");
                }
            }

            if (invocation.Value(refreshOnly) && terminal.IsQuiet)
            {
                return ExitCode.Success;
            }

            Describe(invocation, present);
            if (invocation.Value(refreshOnly))
            {
                return ExitCode.Success;
            }

            invocation.SshConfig.WriteHostKeys();
            invocation.SshConfig.WriteSession(invocation.Certificates.Files);
            return invocation.SshConfig.OfferUserConfig() ? ExitCode.Success : ExitCode.Failure;
        });
    }

    public static Command Info(CommandTree tree)
    {
        var noRefresh = new Option<bool>("--no-refresh") { Description = "Do not refresh the certificate if it is invalid" };
        var property = new Option<string?>("--property", "-P") { Description = "The certificate property to display" };
        var dateFormat = new Option<string?>("--date-fmt") { Description = "The date format: c (ISO 8601) or U (unix seconds)" };
        var command = new Command("ssh-cert:info", "Display information about the current SSH certificate") { noRefresh, property, dateFormat };
        command.Hidden = true;
        return command.Does(tree, async (invocation, cancellation) =>
        {
            var certificate = await invocation.Certificates.FindValidAsync(cancellation);
            if (certificate is null && invocation.Value(noRefresh))
            {
                invocation.Terminal.Say("No valid SSH certificate found.");
                return ExitCode.Failure;
            }

            certificate ??= await invocation.Certificates.LoadAsync(isNewWanted: false, cancellation);
            var format = invocation.Value(dateFormat);
            var extensions = new JsonObject();
            foreach (var (name, value) in certificate.Extensions)
            {
                extensions[name] = value;
            }

            var details = new JsonObject
            {
                ["filename"] = invocation.Certificates.Files.Certificate,
                ["key_filename"] = invocation.Certificates.Files.Key,
                ["key_id"] = certificate.KeyId,
                ["key_type"] = certificate.KeyType,
                ["valid_after"] = Date(certificate.ValidAfter, format),
                ["valid_before"] = Date(certificate.ValidBefore, format),
                ["extensions"] = extensions,
            };
            invocation.Terminal.Write(YamlText.Render(invocation.Value(property) is { } path ? PropertyPath.Find(details, path) : details));
            return ExitCode.Success;
        });
    }

    private static void Describe(Invocation invocation, OpenSshCertificate certificate)
    {
        var terminal = invocation.Terminal;
        terminal.Say($"  Expires at: {Date(certificate.ValidBefore, null)}");
        terminal.Say($"  Multi-factor authentication: {(certificate.HasMfa ? "verified" : "not verified")}");
        terminal.Say($"  Mode: {(certificate.IsApp ? "app" : "interactive")}");
        var providers = certificate.Methods.Where(m => m.StartsWith("sso:", StringComparison.Ordinal)).Select(m => m[4..]).ToList();
        if (providers.Count > 0)
        {
            terminal.Say($"  SSO provider(s): {string.Join(", ", providers)}");
        }

        terminal.Say("The certificate will be automatically refreshed when necessary.");
    }

    private static string Date(DateTimeOffset time, string? format) => format switch
    {
        null or "c" => time.ToLocalTime().ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture),
        "U" => time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
        _ => throw CliException.Argument($"Invalid date format: {format} (available formats: c, U)"),
    };
}

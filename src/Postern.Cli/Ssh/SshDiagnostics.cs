using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Postern.Cli.CommandLine;
using Postern.Cli.Hosting;
using Postern.Cli.Login;
using Postern.Cli.Selection;
using Postern.Contracts.Api;

namespace Postern.Cli.Ssh;

/// <summary>Explains why ssh was refused, and mends what can be mended.</summary>
internal sealed partial class SshDiagnostics(Invocation invocation)
{
    private static readonly TimeSpan TestLimit = TimeSpan.FromSeconds(5);

    /// <summary>Connects once more without a terminal to see what the gateway says, and explains it.</summary>
    public async Task ExplainAsync(SshDestination destination, IReadOnlyList<string> options, CancellationToken cancellation)
    {
        var test = await invocation.Processes.CaptureAsync(
            invocation.Ssh.Find(),
            SshRunner.Arguments(destination, [.. options, "BatchMode yes", "RequestTTY no", "LogLevel INFO"], "exit"),
            TestLimit,
            cancellation,
            ("CLI_SSH_NO_REFRESH", "1"));
        if (test.ExitCode != ExitCode.Success && !test.TimedOut)
        {
            await ExplainAsync(test.Error, cancellation);
        }
    }

    /// <summary>Explains what ssh printed.</summary>
    public async Task ExplainAsync(string error, CancellationToken cancellation)
    {
        var text = error.Replace("\r\n", "\n", StringComparison.Ordinal);
        if (text.Contains("Error: Access denied", StringComparison.Ordinal) && ReadParameters(text) is { } stepUp)
        {
            await ExplainStepUpAsync(stepUp, cancellation);
        }
        else if (text.Contains("reason: access requires MFA", StringComparison.Ordinal) && invocation.Certificates.Files.Load()?.HasMfa != true)
        {
            await ExplainMfaAsync(cancellation);
        }
        else if (text.Contains("Host key verification failed.", StringComparison.Ordinal))
        {
            invocation.Terminal.Say("\nSSH was unable to verify the host key.");
        }
        else if (NoAccess().Match(text) is { Success: true } line)
        {
            invocation.Terminal.Say($"\nSSH authentication worked, but there was an access problem:\n  {line.Value.Trim()}");
        }
        else if (text.Contains("Permission denied (publickey", StringComparison.Ordinal))
        {
            ExplainKey();
        }
    }

    private async Task ExplainStepUpAsync(StepUp stepUp, CancellationToken cancellation)
    {
        var certificate = invocation.Certificates.Files.Load();
        if (certificate is not null && stepUp.Methods.Count > 0 && stepUp.IsSatisfiedBy(certificate.Methods))
        {
            invocation.Terminal.Say("\nThe SSH certificate is out of date. Refreshing...");
            await invocation.Certificates.LoadAsync(isNewWanted: true, cancellation);
            invocation.Terminal.Say("Please try again.");
            return;
        }

        invocation.Terminal.Say(await invocation.Login.OfferAsync("\n" + stepUp.Summary, stepUp, cancellation)
            ? "Please try again."
            : "\n" + stepUp.Describe(invocation.Config, invocation.Session.ApiToken is not null));
    }

    private async Task ExplainMfaAsync(CancellationToken cancellation)
    {
        var terminal = invocation.Terminal;
        var executable = invocation.Config.Executable;
        if (invocation.Certificates.Files.Load() is null && !invocation.Config.AutoLoadCertificate)
        {
            terminal.Say($"\nThe SSH connection failed. An SSH certificate is required.\nGenerate one using: {executable} ssh-cert:load");
            return;
        }

        terminal.Say("\nThe SSH connection failed because access requires MFA (multi-factor authentication).");
        var user = await invocation.Api.GetAsync("/users/me", ApiJsonContext.Default.UserProfile, cancellation);
        if (user.MfaEnabled == true)
        {
            terminal.Say($"MFA is currently enabled on your account, but reverification is required.\nLog in again with: {executable} login -f");
        }
        else if (user.SsoEnabled)
        {
            terminal.Say($"Reverification may be required.\nLog in again with: {executable} login -f");
        }
        else
        {
            var url = invocation.Config.ConsoleUrl ?? invocation.Config.AuthUrl;
            terminal.Say($"MFA is not yet enabled on your account.\nSet up MFA at: {url}\nThen log in again with: {executable} login -f");
        }
    }

    private void ExplainKey()
    {
        invocation.Terminal.Say("\nThe SSH connection failed.");
        if (!invocation.Config.AutoLoadCertificate && invocation.Certificates.Files.Load() is null)
        {
            var executable = invocation.Config.Executable;
            invocation.Terminal.Say($"You may need to create an SSH certificate, by running: {executable} ssh-cert:load\nOr add an SSH key, with: {executable} ssh-key:add");
        }
    }

    private static StepUp? ReadParameters(string text)
    {
        var match = Parameters().Match(text);
        if (!match.Success)
        {
            return null;
        }

        try
        {
            return StepUp.Read(JsonNode.Parse(match.Groups["json"].Value) as JsonObject);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"^Parameters: (?<json>\{.{0,4000}\})\s*$", RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Parameters();

    [GeneratedRegex(@"^Hello .{1,500}, you successfully authenticated, but could not connect to service .{1,300} \(reason: service doesn't exist or you do not have access to it\)", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex NoAccess();
}

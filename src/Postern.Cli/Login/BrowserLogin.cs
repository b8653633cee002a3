using System.Diagnostics;
using System.Globalization;
using Postern.Cli.Configuration;
using Postern.Cli.Hosting;
using Postern.Cli.Sessions;
using Postern.Cli.Terminals;

namespace Postern.Cli.Login;

/// <summary>The authorization code flow with PKCE over a page on this machine (RFC 8252).</summary>
internal sealed class BrowserLogin(CliHost host, VendorConfig config, OAuthClient oauth, ProcessRunner processes, Terminal terminal)
{
    /// <summary>Long enough to find a phone for a second factor, short enough not to listen for ever.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(30);

    /// <summary>Takes a person through the browser and returns the tokens, which are not stored yet.</summary>
    public async Task<StoredTokens> RunAsync(BrowserLoginRequest request, CancellationToken cancellation)
    {
        var authorize = config.AuthorizeUrl ?? throw OAuthClient.ServerUnknown(config);
        var issuer = await oauth.ReadIssuerAsync(cancellation);
        using var listener = LoopbackListener.Open(host.Time);
        var pkce = Pkce.Create();
        Announce(listener.RedirectUri, request.Browser);

        LoopbackResult result;
        using var timeout = new CancellationTokenSource(Timeout, host.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        try
        {
            result = await listener.ReceiveAsync(AuthorizeUrl(authorize, listener.RedirectUri, pkce, request), pkce, issuer, either.Token);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            throw CliException.Failure("Login timed out after 30 minutes");
        }

        if (result.Code is null)
        {
            throw CliException.Failure(string.Join('\n', new[]
            {
                "Failed to get an authorization code.",
                "",
                $"  OAuth 2.0 error: {result.Error}",
                result.Description is null ? null : $"  Description: {result.Description}",
                result.Hint is null ? null : $"  Hint: {result.Hint}",
                "",
                "Please try again.",
            }.OfType<string>()));
        }

        terminal.Say("Login information received. Verifying...");
        var outcome = await oauth.ExchangeCodeAsync(result.Code, listener.RedirectUri, pkce.Verifier, cancellation);
        return outcome.Tokens ?? throw CliException.Failure($"The login server did not accept the authorization code: {outcome.Answer.Describe()}\nPlease try again.");
    }

    private string AuthorizeUrl(string authorize, string redirectUri, Pkce pkce, BrowserLoginRequest request)
    {
        var query = new List<(string Name, string Value)>
        {
            ("redirect_uri", redirectUri),
            ("state", pkce.State),
            ("client_id", config.ClientId),
            ("prompt", request.IsForced ? "consent select_account" : "consent"),
            ("response_type", "code"),
            ("code_challenge", pkce.Challenge),
            ("code_challenge_method", "S256"),
            ("scope", "offline_access"),
        };
        if (request.Methods.Count > 0)
        {
            query.Add(("amr", string.Join(' ', request.Methods)));
        }

        if (request.MaxAgeSeconds is { } age)
        {
            query.Add(("max_age", age.ToString(CultureInfo.InvariantCulture)));
        }

        var separator = authorize.Contains('?', StringComparison.Ordinal) ? "&" : "?";
        return authorize + separator + string.Join('&', query.Select(q => $"{q.Name}={Uri.EscapeDataString(q.Value)}"));
    }

    private void Announce(string url, string? browser)
    {
        if (Open(url, browser))
        {
            terminal.Say($"Opened URL: {url}");
            terminal.Say("Please use the browser to log in.");
        }
        else
        {
            terminal.Say("Please open the following URL in a browser and log in:");
            terminal.Say(url);
        }

        terminal.Say();
        terminal.Say("Help:");
        terminal.Say("  Leave this command running during login.");
        terminal.Say("  If you need to quit, use Ctrl+C.");
        terminal.Say();
    }

    private bool Open(string url, string? browser)
    {
        if (browser == "0")
        {
            return false;
        }

        var hasDisplay = OperatingSystem.IsMacOS() || host.Variable("DISPLAY") is not (null or "none");
        var command = browser ?? (OperatingSystem.IsMacOS() ? "open" : Executables.Find(host, "xdg-open") ?? Executables.Find(host, "gnome-open"));
        if (command is null || (browser is null && !hasDisplay))
        {
            return false;
        }

        var file = command.Contains('/', StringComparison.Ordinal) ? command : Executables.Find(host, command);
        if (file is null)
        {
            terminal.Say($"The browser '{command}' was not found.");
            return false;
        }

        var info = processes.StartInfo(file, [url]);
        info.RedirectStandardOutput = true;
        info.RedirectStandardError = true;
        using var process = new Process { StartInfo = info };
        try
        {
            return process.Start();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}

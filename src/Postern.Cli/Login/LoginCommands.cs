using System.CommandLine;
using Postern.Cli.CommandLine;
using Postern.Cli.Configuration;
using Postern.Cli.Hosting;
using Postern.Contracts.Api;

namespace Postern.Cli.Login;

/// <summary><c>auth:browser-login</c> and <c>auth:api-token-login</c>.</summary>
internal static class LoginCommands
{
    private const int MaxTokenAttempts = 5;

    public static Command BrowserLogin(CommandTree tree)
    {
        var force = new Option<bool>("--force", "-f") { Description = "Log in again, even if already logged in" };
        var method = new Option<string[]>("--method") { Description = "Require an authentication method, such as mfa or sso:acme" };
        var maxAge = new Option<long?>("--max-age") { Description = "The maximum age of the sign-in, in seconds" };
        var browser = new Option<string?>("--browser") { Description = "The browser command, or 0 to print the URL only" };
        var pipe = new Option<bool>("--pipe") { Description = "Output the URL only, and do not open a browser" };
        var device = new Option<bool>("--device") { Description = "Print a URL and a code to log in with on another device" };
        var server = new Option<string?>("--server") { Description = "The address of the server; it is remembered" };
        var command = new Command("auth:browser-login", "Log in via a browser") { force, method, maxAge, browser, pipe, device, server };
        command.Aliases.Add("login");
        command.SetAction(async (parse, cancellation) =>
        {
            var named = parse.GetValue(server) is { } url ? await FetchAsync(tree, parse, url, cancellation) : null;
            using var invocation = new Invocation(tree.Host, parse, tree.Global, named);
            RefuseHiddenServer(invocation, named);
            var isDevice = invocation.Value(device);
            if (isDevice && invocation.Value(browser) is not (null or "0"))
            {
                throw CliException.Argument("You cannot use both --device and --browser.");
            }

            RefuseUnattended(invocation, isDevice);
            var methods = invocation.Values(method);
            var age = invocation.Value(maxAge);
            var isForced = invocation.Value(force);
            if (!isForced && methods.Count == 0 && age is null && named is null && await WhoIsLoggedInAsync(invocation, cancellation) is { } user)
            {
                invocation.Terminal.Say($"You are already logged in as {user.Username} ({user.Email})");
                if (!invocation.Terminal.Confirm("Log in anyway?", defaultAnswer: false))
                {
                    return ExitCode.Failure;
                }

                isForced = true;
            }

            var request = new BrowserLoginRequest(isForced, methods, age, invocation.Value(pipe) ? "0" : invocation.Value(browser));
            await (isDevice
                ? invocation.Login.RunDeviceAsync(request, invocation.Value(pipe), cancellation)
                : invocation.Login.RunBrowserAsync(request, cancellation));
            return ExitCode.Success;
        });
        return command;
    }

    public static Command ApiTokenLogin(CommandTree tree)
    {
        var server = new Option<string?>("--server") { Description = "The address of the server; it is remembered" };
        var command = new Command("auth:api-token-login", "Log in using an API token") { server };
        command.SetAction(async (parse, cancellation) =>
        {
            var named = parse.GetValue(server) is { } url ? await FetchAsync(tree, parse, url, cancellation) : null;
            using var invocation = new Invocation(tree.Host, parse, tree.Global, named);
            RefuseHiddenServer(invocation, named);
            if (invocation.Session.ConfiguredApiToken is not null)
            {
                throw CliException.Failure("An API token is already set via config");
            }

            if (!invocation.Terminal.IsInteractive)
            {
                throw NotUnattended(invocation);
            }

            for (var attempt = 0; attempt < MaxTokenAttempts; attempt++)
            {
                var token = invocation.Terminal.AskHidden("Please enter an API token:");
                if (token is null)
                {
                    break;
                }

                var outcome = token.Length == 0 ? null : await invocation.OAuth.ExchangeApiTokenAsync(token, cancellation);
                if (outcome?.Tokens is { } tokens)
                {
                    invocation.Terminal.Say("The API token is valid.");
                    await invocation.Login.ReplaceSessionAsync(tokens, cancellation);
                    invocation.Session.Store.SaveApiToken(token);
                    await invocation.Login.FinishAsync(cancellation);
                    return ExitCode.Success;
                }

                if (outcome is not null && !outcome.IsRefused)
                {
                    throw CliException.Failure($"The API token could not be checked: {outcome.Answer.Describe()}");
                }

                invocation.Terminal.Say(outcome is null || outcome.IsInvalidApiToken ? "Invalid API token" : $"Invalid API token: {outcome.Answer.Describe()}");
            }

            return ExitCode.Failure;
        });
        return command;
    }

    private static async Task<RememberedServer> FetchAsync(CommandTree tree, ParseResult parse, string url, CancellationToken cancellation)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
        {
            throw CliException.Argument($"The server must be an address that begins with http:// or https://, not '{url}'.");
        }

        using var invocation = new Invocation(tree.Host, parse, tree.Global);
        if (uri.Scheme == "http" && !uri.IsLoopback)
        {
            invocation.Terminal.Say($"Warning: the connection to {uri.Host} is not encrypted. Others on the way can read the tokens. Use https://.");
        }

        var address = url.TrimEnd('/') + "/.well-known/postern";
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        var answer = await invocation.Sender.SendAsync(request, cancellation);
        if (answer.Location is { } location)
        {
            throw CliException.Failure($"The server at {url} redirects to {new Uri(uri, location).GetLeftPart(UriPartial.Authority)}.\nUse that address if you trust it.");
        }

        return answer.IsSuccess
            ? ServerLayer.Parse(url.TrimEnd('/'), answer.Body)
            : throw CliException.Failure($"The server at {url} has no configuration document at /.well-known/postern: {answer.Describe()}\nCheck the address; it should be that of a Postern server.");
    }

    // What a person wrote wins over what a server says, so a forgotten file could send the login elsewhere.
    private static void RefuseHiddenServer(Invocation invocation, RememberedServer? named)
    {
        var announced = named?.Document.Api?.BaseUrl?.TrimEnd('/');
        if (!string.IsNullOrEmpty(announced) && announced != invocation.Config.BaseUrl)
        {
            throw CliException.Configuration(
                $"The configuration sets api.base_url to {invocation.Config.BaseUrl}, which hides the server {named!.Url}.\n"
                + $"Remove it from {invocation.Directory.ConfigurationFile}, CLI_CONFIG_FILE or {invocation.Config.EnvironmentPrefix}API_URL, then log in again.");
        }
    }

    // With --device the person is elsewhere, so nobody has to be at this terminal.
    private static void RefuseUnattended(Invocation invocation, bool isDevice)
    {
        if (invocation.Session.ConfiguredApiToken is not null)
        {
            throw CliException.Failure("Cannot log in via the browser, because an API token is set via config.");
        }

        if (!invocation.Terminal.IsInteractive && !isDevice)
        {
            throw NotUnattended(invocation);
        }
    }

    private static CliException NotUnattended(Invocation invocation) => CliException.Failure(
        "Non-interactive use of this command is not supported.\n"
        + $"To authenticate non-interactively, configure an API token using the {invocation.Config.EnvironmentPrefix}TOKEN environment variable.\n"
        + $"A person with a browser elsewhere can log this machine in: {invocation.Config.Executable} login --device");

    private static async Task<UserProfile?> WhoIsLoggedInAsync(Invocation invocation, CancellationToken cancellation)
    {
        try
        {
            return invocation.Session.IsLoggedIn
                ? await invocation.Api.GetAsync("/users/me", ApiJsonContext.Default.UserProfile, cancellation)
                : null;
        }
        catch (CliException exception) when (exception.ExitCode != ExitCode.ConnectionFailed)
        {
            return null;
        }
    }
}

using System.CommandLine;
using System.Text.Json;
using Postern.Cli.CommandLine;
using Postern.Cli.Files;
using Postern.Cli.Hosting;
using Postern.Cli.Sessions;
using Postern.Cli.Terminals;
using Postern.Contracts.Api;

namespace Postern.Cli.Login;

/// <summary><c>auth:info</c>, <c>auth:token</c> and <c>auth:logout</c>.</summary>
internal static class AccountCommands
{
    private static readonly string[] Properties = ["id", "first_name", "last_name", "username", "email", "phone_number_verified"];

    private static readonly Dictionary<string, string> OldNames = new(StringComparer.Ordinal)
    {
        ["mail"] = "email",
        ["uuid"] = "id",
    };

    public static Command Info(CommandTree tree)
    {
        var argument = new Argument<string?>("property") { Arity = ArgumentArity.ZeroOrOne, Description = "The account property to show" };
        var property = new Option<string?>("--property", "-P") { Description = "The account property to show" };
        var noAutoLogin = new Option<bool>("--no-auto-login") { Description = "Print nothing when not logged in" };
        var refresh = new Option<bool>("--refresh") { Description = "Fetch the account anew", Hidden = true };
        var table = new TableOptions();
        var command = new Command("auth:info", "Display your account information") { argument, property, noAutoLogin, refresh };
        table.AddTo(command);
        return command.Does(tree, async (invocation, cancellation) =>
        {
            if (invocation.Value(noAutoLogin) && !invocation.Session.IsLoggedIn)
            {
                return ExitCode.Success;
            }

            if (invocation.Value(argument) is not null && invocation.Value(property) is not null)
            {
                throw CliException.Argument("You cannot use both the <property> argument and the --property option.");
            }

            var name = invocation.Value(argument) ?? invocation.Value(property);
            name = name is null ? null : OldNames.GetValueOrDefault(name, name);
            if (name == "id")
            {
                invocation.Terminal.WriteLine(await invocation.Certificates.UserIdAsync(cancellation));
                return ExitCode.Success;
            }

            var user = await invocation.Api.GetAsync("/users/me", ApiJsonContext.Default.UserProfile, cancellation);
            var account = JsonSerializer.SerializeToNode(user, ApiJsonContext.Default.UserProfile)!.AsObject();
            account["display_name"] = $"{user.FirstName} {user.LastName}".Trim();
            if (name is not null)
            {
                invocation.Terminal.Write(YamlText.Render(PropertyPath.Find(account, name)));
                return ExitCode.Success;
            }

            var rows = new Table(["property", "value"], ["property", "value"]);
            foreach (var shown in Properties)
            {
                rows.Add(("property", shown), ("value", YamlText.Render(account[shown]).TrimEnd('\n')));
            }

            table.Print(invocation, rows);
            return ExitCode.Success;
        });
    }

    public static Command Token(CommandTree tree)
    {
        var header = new Option<bool>("--header", "-H") { Description = "Prefix the token with \"Authorization: Bearer \"" };
        var noWarn = new Option<bool>("--no-warn", "-W") { Description = "Suppress the warning on stderr" };
        var command = new Command("auth:token", "Obtain an OAuth 2 access token for requests to the API") { header, noWarn };
        command.Hidden = true;
        return command.Does(tree, async (invocation, cancellation) =>
        {
            var token = await invocation.Session.GetAccessTokenAsync(rejected: null, cancellation);
            if (!invocation.Value(noWarn))
            {
                invocation.Terminal.Say("Warning: keep access tokens secret.");
            }

            invocation.Terminal.Write((invocation.Value(header) ? "Authorization: Bearer " : "") + token);
            return ExitCode.Success;
        });
    }

    public static Command Logout(CommandTree tree)
    {
        var all = new Option<bool>("--all", "-a") { Description = "Log out of all sessions" };
        var other = new Option<bool>("--other") { Description = "Log out of the other sessions" };
        var command = new Command("auth:logout", "Log out") { all, other };
        command.Aliases.Add("logout");
        return command.Does(tree, async (invocation, cancellation) =>
        {
            var terminal = invocation.Terminal;
            var current = invocation.Session.Store.SessionId;
            var others = SessionIds(invocation.Directory).Where(id => id != current).ToList();
            if (!invocation.Value(other))
            {
                await EndAsync(invocation, invocation.Session.Store, cancellation);
                terminal.Say("You are now logged out.");
                invocation.SshConfig.DeleteSession();
            }

            if (invocation.Value(other) || invocation.Value(all))
            {
                foreach (var id in others)
                {
                    await EndAsync(invocation, new SessionStore(invocation.Directory, id), cancellation);
                    terminal.Say($"Logged out from session: {id}");
                }

                terminal.Say(invocation.Value(all) ? "All sessions have been deleted."
                    : others.Count > 0 ? "All other sessions have been deleted." : "No other sessions exist.");
            }
            else if (others.Count > 0)
            {
                terminal.Say($"Other sessions exist. Log out of all sessions with: {invocation.Config.Executable} logout --all");
            }

            if (invocation.Session.ConfiguredApiToken is not null)
            {
                terminal.Say($"Warning: an API token is set via config, so commands will still log in with it.");
            }

            return ExitCode.Success;
        });
    }

    private static async Task EndAsync(Invocation invocation, SessionStore store, CancellationToken cancellation)
    {
        StoredTokens? tokens = null;
        try
        {
            tokens = store.LoadTokens();
        }
        catch (CliException exception)
        {
            invocation.Terminal.Say(exception.Message);
        }

        if (tokens is not null && await invocation.OAuth.RevokeAsync(tokens, cancellation) is { } fault)
        {
            invocation.Terminal.Say($"Warning: the server did not confirm the end of the session ({fault}). Check the sessions in your account.");
        }

        store.DeleteAll();
    }

    private static IEnumerable<string> SessionIds(UserDirectory directory) => Directory.Exists(directory.SessionsRoot)
        ? Directory.EnumerateDirectories(directory.SessionsRoot, "sess-cli-*").Select(d => Path.GetFileName(d)["sess-cli-".Length..]).Where(SessionName.IsValid).Order(StringComparer.Ordinal)
        : [];
}

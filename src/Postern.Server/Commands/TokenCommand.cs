using System.CommandLine;
using Postern.Directory.People;
using Postern.Login.Accounts;

namespace Postern.Server.Commands;

/// <summary><c>postern-server token</c>: API tokens, for machines that cannot log in.</summary>
internal static class TokenCommand
{
    public static Command Create() => new("token", "Look after API tokens") { CreateToken(), List(), Revoke() };

    private const string Actor = "postern-server token";

    private static Argument<string> Account => new("account")
    {
        Description = "E-mail address, user name of a machine user (machine:NAME@ORGANIZATION), or id",
    };

    private static Command CreateToken()
    {
        var account = Account;
        var name = new Option<string>("--name") { Description = "What the token is for", Required = true };
        var days = new Option<int?>("--days") { Description = "Days until it expires; without it, it does not" };
        var project = new Option<string?>("--project") { Description = "The only project that it reaches; without it, all of the account" };
        var readOnly = new Option<bool>("--read-only") { Description = "It may look and not change" };
        var command = new Command("create", "Make a token and print it once") { account, name, days, project, readOnly };
        command.RunsOnCore(async (arguments, services, cancellationToken) =>
        {
            if (await FindAsync(services, arguments.GetValue(account)!) is not { } user)
            {
                return await NoSuchAccountAsync(arguments.GetValue(account)!);
            }

            if (user.Email is not null && !user.EmailConfirmed)
            {
                return await CommandContext.FailAsync(
                    $"The address of {user.Email} was never confirmed, so the account may be somebody else's. If it is theirs: "
                    + $"postern-server user confirm {user.Email}; if not: postern-server user delete {user.Email}");
            }

            try
            {
                var expiry = arguments.GetValue(days) is { } count
                    ? services.GetRequiredService<TimeProvider>().GetUtcNow().AddDays(count)
                    : (DateTimeOffset?)null;
                var created = await services.GetRequiredService<ApiTokenService>()
                    .CreateAsync(
                        new NewApiToken
                        {
                            UserId = user.Id,
                            Name = arguments.GetValue(name)!,
                            ExpiresAt = expiry,
                            ProjectId = arguments.GetValue(project),
                            IsReadOnly = arguments.GetValue(readOnly),
                            Actor = Actor,
                        },
                        cancellationToken);
                await Console.Out.WriteLineAsync(created.Secret);
                return 0;
            }
            catch (ApiTokenRefusedException exception)
            {
                return await CommandContext.FailAsync(exception.Message);
            }
        });
        return command;
    }

    private static Command List()
    {
        var account = Account;
        var command = new Command("list", "List an account's tokens") { account };
        command.RunsOnCore(async (arguments, services, cancellationToken) =>
        {
            if (await FindAsync(services, arguments.GetValue(account)!) is not { } user)
            {
                return await NoSuchAccountAsync(arguments.GetValue(account)!);
            }

            foreach (var token in await services.GetRequiredService<ApiTokenService>().ListAsync(user.Id, cancellationToken))
            {
                await Console.Out.WriteLineAsync(
                    $"{token.Id}\t{token.Prefix}...\t{token.Name}\tcreated {token.CreatedAt:u}\t{(token.LastUsedAt is { } used ? $"last used {used:u}" : "never used")}");
            }

            return 0;
        });
        return command;
    }

    private static Command Revoke()
    {
        var name = new Argument<string>("token") { Description = "The token's id or beginning, as list prints them, or the whole token" };
        var command = new Command("revoke", "Revoke a token, whosever it is, which ends what was opened with it") { name };
        command.RunsOnCore(async (arguments, services, cancellationToken) =>
        {
            var tokens = services.GetRequiredService<ApiTokenService>();
            var found = await tokens.FindAsync(arguments.GetValue(name)!, cancellationToken);
            if (found is not [var token])
            {
                return await CommandContext.FailAsync(found.Count == 0
                    ? "There is no such token, or it is revoked already."
                    : $"{found.Count} tokens begin like this; give the id of one: {string.Join(", ", found.Select(t => t.Id))}");
            }

            await tokens.RevokeAsync(token.UserId, token.Id, Actor, null, cancellationToken);
            return 0;
        });
        return command;
    }

    private static Task<User?> FindAsync(IServiceProvider services, string account) =>
        services.GetRequiredService<AccountService>().FindAsync(account);

    private static Task<int> NoSuchAccountAsync(string account) =>
        CommandContext.FailAsync($"There is no account for '{account}'; 'postern-server user list' shows them all.");
}

using System.CommandLine;
using Postern.Directory.People;
using Postern.Login.Accounts;

namespace Postern.Server.Commands;

/// <summary><c>postern-server token</c>: API tokens, for machines that cannot log in.</summary>
internal static class TokenCommand
{
    public static Command Create() => new("token", "Look after API tokens") { CreateToken(), List(), Revoke() };

    private const string Actor = "postern-server token";

    private static Argument<string> Email => new("email") { Description = "The account's e-mail address" };

    private static Command CreateToken()
    {
        var email = Email;
        var name = new Option<string>("--name") { Description = "What the token is for", Required = true };
        var days = new Option<int?>("--days") { Description = "Days until it expires; without it, it does not" };
        var project = new Option<string?>("--project") { Description = "The only project that it reaches; without it, all of the account" };
        var readOnly = new Option<bool>("--read-only") { Description = "It may look and not change" };
        var command = new Command("create", "Make a token and print it once") { email, name, days, project, readOnly };
        command.RunsOnCore(async (arguments, services, cancellationToken) =>
        {
            if (await FindAsync(services, arguments.GetValue(email)!) is not { } user)
            {
                return await NoSuchAccountAsync(arguments.GetValue(email)!);
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
        var email = Email;
        var command = new Command("list", "List an account's tokens") { email };
        command.RunsOnCore(async (arguments, services, cancellationToken) =>
        {
            if (await FindAsync(services, arguments.GetValue(email)!) is not { } user)
            {
                return await NoSuchAccountAsync(arguments.GetValue(email)!);
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
        var email = Email;
        var id = new Argument<Guid>("id") { Description = "The token's id, as list prints it" };
        var command = new Command("revoke", "Revoke a token, which ends what was opened with it") { email, id };
        command.RunsOnCore(async (arguments, services, cancellationToken) =>
        {
            if (await FindAsync(services, arguments.GetValue(email)!) is not { } user)
            {
                return await NoSuchAccountAsync(arguments.GetValue(email)!);
            }

            return await services.GetRequiredService<ApiTokenService>().RevokeAsync(user.Id, arguments.GetValue(id), Actor, null, cancellationToken)
                ? 0
                : await CommandContext.FailAsync($"The account has no token {arguments.GetValue(id)}.");
        });
        return command;
    }

    private static Task<User?> FindAsync(IServiceProvider services, string email) =>
        services.GetRequiredService<AccountService>().FindAsync(email);

    private static Task<int> NoSuchAccountAsync(string email) =>
        CommandContext.FailAsync($"There is no account for '{email}'.");
}

using System.CommandLine;
using Postern.Login.Accounts;
using Postern.Login.Factors;

namespace Postern.Server.Commands;

/// <summary><c>postern-server user</c>: accounts.</summary>
internal static class UserCommand
{
    public static Command Create() => new("user", "Look after accounts")
    {
        Add(), List(), SetDisabled("disable", "End all that an account may do, at once", isDisabled: true),
        SetDisabled("enable", "Let a disabled account sign in again", isDisabled: false), SetPassword(), ResetMfa(), Delete(),
    };

    private static Argument<string> Email => new("email") { Description = "E-mail address, which is the user name" };

    private static Option<bool> PasswordFromInput => new("--password-stdin") { Description = "Read the password from standard input instead of making one" };

    private static Command Add()
    {
        var email = Email;
        var firstName = new Option<string>("--first-name") { DefaultValueFactory = _ => "" };
        var lastName = new Option<string>("--last-name") { DefaultValueFactory = _ => "" };
        var fromInput = PasswordFromInput;
        var command = new Command("add", "Make an account and print its password once") { email, firstName, lastName, fromInput };
        command.RunsOnCore(async (arguments, services, _) =>
        {
            var password = await ChoosePasswordAsync(arguments.GetValue(fromInput));
            var result = await services.GetRequiredService<AccountService>().CreateAsync(new NewAccount(
                arguments.GetValue(email)!, arguments.GetValue(firstName)!, arguments.GetValue(lastName)!, password));
            if (!result.IsDone)
            {
                return await CommandContext.FailAsync(result.Faults);
            }

            await Console.Out.WriteLineAsync($"User: {result.User!.Email}");
            await Console.Out.WriteLineAsync($"Id: {result.User.Id}");
            if (!arguments.GetValue(fromInput))
            {
                await Console.Out.WriteLineAsync($"Password: {password}");
            }

            return 0;
        });
        return command;
    }

    private static Command List()
    {
        var command = new Command("list", "List all accounts");
        command.RunsOnCore(async (_, services, cancellationToken) =>
        {
            foreach (var user in await services.GetRequiredService<AccountService>().ListAsync(cancellationToken))
            {
                await Console.Out.WriteLineAsync($"{user.Id}\t{user.Email}\t{user.DisplayName}\t{(user.IsDisabled ? "disabled" : "enabled")}");
            }

            return 0;
        });
        return command;
    }

    private static Command SetDisabled(string name, string description, bool isDisabled)
    {
        var email = Email;
        var command = new Command(name, description) { email };
        command.RunsOnCore(async (arguments, services, cancellationToken) =>
        {
            var result = await services.GetRequiredService<AccountService>()
                .SetDisabledAsync(arguments.GetValue(email)!, isDisabled, cancellationToken);
            return result.IsDone ? 0 : await CommandContext.FailAsync(result.Faults);
        });
        return command;
    }

    private static Command SetPassword()
    {
        var email = Email;
        var fromInput = PasswordFromInput;
        var command = new Command("set-password", "Set a new password, which ends all sessions of the account") { email, fromInput };
        command.RunsOnCore(async (arguments, services, cancellationToken) =>
        {
            var password = await ChoosePasswordAsync(arguments.GetValue(fromInput));
            var result = await services.GetRequiredService<AccountService>()
                .SetPasswordAsync(arguments.GetValue(email)!, password, cancellationToken);
            if (!result.IsDone)
            {
                return await CommandContext.FailAsync(result.Faults);
            }

            if (!arguments.GetValue(fromInput))
            {
                await Console.Out.WriteLineAsync($"Password: {password}");
            }

            return 0;
        });
        return command;
    }

    private static Command Delete()
    {
        var email = Email;
        var command = new Command("delete", "Delete an account with its keys, tokens and memberships for good; the audit trail stays") { email };
        command.RunsOnCore(async (arguments, services, cancellationToken) =>
        {
            var result = await services.GetRequiredService<AccountService>().DeleteAsync(arguments.GetValue(email)!, cancellationToken);
            return result.IsDone ? 0 : await CommandContext.FailAsync(result.Faults);
        });
        return command;
    }

    private static Command ResetMfa()
    {
        var email = Email;
        var command = new Command("reset-mfa", "Remove the authenticator app, passkeys and recovery codes of an account, which ends all its sessions") { email };
        command.RunsOnCore(async (arguments, services, cancellationToken) =>
        {
            var address = arguments.GetValue(email)!;
            if (await services.GetRequiredService<AccountService>().FindAsync(address) is not { } user)
            {
                return await CommandContext.FailAsync([$"There is no account for '{address}'; 'postern-server user list' shows them all."]);
            }

            await services.GetRequiredService<FactorService>().ResetAsync("postern-server user reset-mfa", user.Id, cancellationToken);
            await Console.Out.WriteLineAsync($"{user.Email} signs in with the password alone now, and is signed out everywhere.");
            return 0;
        });
        return command;
    }

    private static async Task<string> ChoosePasswordAsync(bool isFromInput) =>
        isFromInput ? await Console.In.ReadLineAsync() ?? "" : AccountService.GeneratePassword();
}

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
        SetDisabled("enable", "Let a disabled account sign in again", isDisabled: false), SetPassword(), Confirm(), ResetMfa(), Delete(),
    };

    private static Argument<string> Email => new("email") { Description = "E-mail address, which is the user name" };

    private static Argument<string> Account => new("account")
    {
        Description = "E-mail address, user name of a machine user (machine:NAME@ORGANIZATION), or id",
    };

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
                var isUnproved = user.Email is not null && !user.EmailConfirmed;
                await Console.Out.WriteLineAsync(
                    $"{user.Id}\t{user.UserName}\t{user.DisplayName}\t{(user.IsDisabled ? "disabled" : "enabled")}{(isUnproved ? "\taddress not confirmed" : "")}");
            }

            return 0;
        });
        return command;
    }

    private static Command SetDisabled(string name, string description, bool isDisabled)
    {
        var account = Account;
        var command = new Command(name, description) { account };
        command.RunsOnCore(async (arguments, services, cancellationToken) =>
        {
            var result = await services.GetRequiredService<AccountService>()
                .SetDisabledAsync(arguments.GetValue(account)!, isDisabled, cancellationToken);
            return result.IsDone ? 0 : await CommandContext.FailAsync(result.Faults);
        });
        return command;
    }

    private static Command SetPassword()
    {
        var account = Account;
        var fromInput = PasswordFromInput;
        var confirms = new Option<bool>("--confirm")
        {
            Description = "Vouch as well that who gets the password is the person of the address; what others set up before is taken away",
        };
        var command = new Command("set-password", "Set a new password, which ends all sessions of the account") { account, fromInput, confirms };
        command.RunsOnCore(async (arguments, services, cancellationToken) =>
        {
            var password = await ChoosePasswordAsync(arguments.GetValue(fromInput));
            var result = await services.GetRequiredService<AccountService>()
                .SetPasswordAsync(arguments.GetValue(account)!, password, arguments.GetValue(confirms), cancellationToken);
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

    private static Command Confirm()
    {
        var account = Account;
        var keeps = new Option<bool>("--keep") { Description = "Vouch also for the password, keys, tokens and factors that are in it" };
        var command = new Command("confirm", "Vouch that the address of an account is its person's, so that it can be given roles") { account, keeps };
        command.RunsOnCore(async (arguments, services, cancellationToken) =>
        {
            var result = await services.GetRequiredService<AccountService>()
                .ConfirmAsync(arguments.GetValue(account)!, arguments.GetValue(keeps), cancellationToken);
            return result.IsDone ? 0 : await CommandContext.FailAsync(result.Faults);
        });
        return command;
    }

    private static Command Delete()
    {
        var account = Account;
        var command = new Command("delete", "Delete an account with its keys, tokens and memberships for good; the audit trail stays") { account };
        command.RunsOnCore(async (arguments, services, cancellationToken) =>
        {
            var result = await services.GetRequiredService<AccountService>().DeleteAsync(arguments.GetValue(account)!, cancellationToken);
            return result.IsDone ? 0 : await CommandContext.FailAsync(result.Faults);
        });
        return command;
    }

    private static Command ResetMfa()
    {
        var account = Account;
        var command = new Command("reset-mfa", "Remove the authenticator app, passkeys and recovery codes of an account, which ends all its sessions") { account };
        command.RunsOnCore(async (arguments, services, cancellationToken) =>
        {
            var name = arguments.GetValue(account)!;
            if (await services.GetRequiredService<AccountService>().FindAsync(name) is not { } user)
            {
                return await CommandContext.FailAsync([$"There is no account for '{name}'; 'postern-server user list' shows them all."]);
            }

            await services.GetRequiredService<FactorService>().ResetAsync("postern-server user reset-mfa", user.Id, cancellationToken);
            await Console.Out.WriteLineAsync($"{user.UserName} signs in with the password alone now, and is signed out everywhere.");
            return 0;
        });
        return command;
    }

    private static async Task<string> ChoosePasswordAsync(bool isFromInput) =>
        isFromInput ? await Console.In.ReadLineAsync() ?? "" : AccountService.GeneratePassword();
}

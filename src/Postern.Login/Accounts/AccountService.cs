using System.Security.Cryptography;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.Audit;
using Postern.Directory.Organizations;
using Postern.Directory.People;
using Postern.Directory.Storage;
using Postern.Login.Passwords;
using Postern.Login.Sessions;

namespace Postern.Login.Accounts;

/// <summary>Looks after accounts for the operator's commands. Scoped: one instance for one command.</summary>
public sealed class AccountService
{
    /// <summary>Letters and digits that cannot be mistaken for each other when read aloud or copied by hand.</summary>
    private const string PasswordAlphabet = "abcdefghjkmnpqrstuvwxyz23456789";

    private const int PasswordGroups = 5;
    private const int PasswordGroupLength = 4;

    private readonly IDbContextFactory<DirectoryContext> _contexts;
    private readonly UserManager<User> _users;
    private readonly SessionStore _sessions;
    private readonly AccountBuilder _builder;
    private readonly PasswordRules _rules;
    private readonly AccountClosing _closing;
    private readonly UnprovedAccounts _unproved;
    private readonly DirectoryContext _context;
    private readonly TimeProvider _clock;

    internal AccountService(
        IDbContextFactory<DirectoryContext> contexts,
        UserManager<User> users,
        SessionStore sessions,
        AccountBuilder builder,
        PasswordRules rules,
        AccountClosing closing,
        UnprovedAccounts unproved,
        DirectoryContext context,
        TimeProvider clock)
    {
        _contexts = contexts;
        _users = users;
        _sessions = sessions;
        _builder = builder;
        _rules = rules;
        _closing = closing;
        _unproved = unproved;
        _context = context;
        _clock = clock;
    }

    /// <summary>A random password of five groups of four characters: 99 bits.</summary>
    public static string GeneratePassword() =>
        string.Join('-', Enumerable.Range(0, PasswordGroups).Select(_ => RandomNumberGenerator.GetString(PasswordAlphabet, PasswordGroupLength)));

    /// <summary>Makes an account; refuses an address that is not one or is taken, and a password that the rules refuse.</summary>
    public async Task<AccountResult> CreateAsync(NewAccount account)
    {
        var email = account.Email.Trim();
        var faults = new List<string>();
        if (!EmailAddress.IsValid(email))
        {
            faults.Add($"'{email}' is not an e-mail address.");
        }
        else if (await FindAsync(email) is not null)
        {
            faults.Add($"There is an account for '{email}' already.");
        }

        faults.AddRange(AccountBuilder.FindNameFaults(("first name", account.FirstName), ("last name", account.LastName)));
        faults.AddRange(_rules.FindFaults(account.Password, email, account.FirstName, account.LastName));
        if (faults.Count > 0)
        {
            return AccountResult.Refused(faults);
        }

        var now = _clock.GetUtcNow();
        var user = new User
        {
            Id = Guid.NewGuid(),
            UserName = email,
            Email = email,
            EmailConfirmed = true, // The operator vouches for it.
            FirstName = account.FirstName.Trim(),
            LastName = account.LastName.Trim(),
            CreatedAt = now,
            UpdatedAt = now,
        };
        Record("user add", "account.created", user);
        return Translate(user, await _users.CreateAsync(user, account.Password));
    }

    /// <summary>The account with this e-mail address, user name of a machine user (<c>machine:ci@acme</c>) or id; null when there is none.</summary>
    public Task<User?> FindAsync(string account)
    {
        account = account.Trim();
        return Guid.TryParse(account, out var id) ? _users.FindByIdAsync(id.ToString())
            : MachineUser.IsUserName(account) ? _users.FindByNameAsync(account)
            : _users.FindByEmailAsync(account);
    }

    /// <summary>All accounts by user name: the e-mail address of a person.</summary>
    public async Task<IReadOnlyList<User>> ListAsync(CancellationToken cancellationToken) =>
        await _users.Users.AsNoTracking().OrderBy(user => user.NormalizedUserName).ToListAsync(cancellationToken);

    /// <summary>
    /// Notes that the address of an account is its person's, for whom the operator vouches, and all that is in it too. Without
    /// <paramref name="keepsBelongings"/> it is refused with a list of what is there, for somebody else may have put it there; nothing
    /// is done to an account that is confirmed already.
    /// </summary>
    public async Task<AccountResult> ConfirmAsync(string account, bool keepsBelongings, CancellationToken cancellationToken)
    {
        if (await FindAsync(account) is not { } found)
        {
            return NoSuchAccount(account);
        }

        if (found.Email is null)
        {
            return AccountResult.Refused("A machine user has no address.");
        }

        await using var context = await _contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var user = await context.Users.SingleAsync(u => u.Id == found.Id, cancellationToken);
        if (user.EmailConfirmed)
        {
            return AccountResult.Done(user);
        }

        if (!keepsBelongings)
        {
            var belongings = await UnprovedAccounts.FindBelongingsAsync(context, user.Id, cancellationToken);
            return AccountResult.Refused(
                $"Whoever had the link of an invitation made this account on {user.CreatedAt:yyyy-MM-dd}. "
                + $"It has a password{(belongings.Any ? " and " + belongings : "")}, which may be somebody else's.",
                $"If its person told you that all of it is theirs: postern-server user confirm {user.Email} --keep.",
                $"Otherwise: postern-server user set-password {user.Email} --confirm, which takes all of it away and prints a new password.");
        }

        user.EmailConfirmed = true;
        user.ConcurrencyStamp = Guid.NewGuid().ToString();
        context.Add(EventOf("user confirm", "account.confirmed", user));
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return AccountResult.Done(user);
    }

    /// <summary>Disables an account, of a person or a machine, and ends all its sessions, or enables it again.</summary>
    public async Task<AccountResult> SetDisabledAsync(string account, bool isDisabled, CancellationToken cancellationToken)
    {
        if (await FindAsync(account) is not { } found)
        {
            return NoSuchAccount(account);
        }

        // Not by Identity, which wants an address of everybody.
        await using var context = await _contexts.CreateDbContextAsync(cancellationToken);
        var user = await context.Users.SingleAsync(u => u.Id == found.Id, cancellationToken);
        user.IsDisabled = isDisabled;
        user.UpdatedAt = _clock.GetUtcNow();
        user.ConcurrencyStamp = Guid.NewGuid().ToString();
        context.Add(EventOf(isDisabled ? "user disable" : "user enable", isDisabled ? "account.disabled" : "account.enabled", user));
        await context.SaveChangesAsync(cancellationToken);
        if (isDisabled)
        {
            await _sessions.EndAllAsync(user.Id, except: null, SessionEnd.AccountDisabled, CancellationToken.None);
        }

        return AccountResult.Done(user);
    }

    /// <summary>
    /// Sets a new password, unlocks the account and ends all its sessions: whoever had the old one is out. From an account whose address
    /// nobody has proved it takes away what else opened it, for whoever made it may not be who gets the new password.
    /// </summary>
    /// <param name="account">E-mail address or id.</param>
    /// <param name="password">The password; the rules of passwords hold.</param>
    /// <param name="confirms">Whether the operator vouches that who gets it is the person of the address.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public async Task<AccountResult> SetPasswordAsync(string account, string password, bool confirms, CancellationToken cancellationToken)
    {
        if (await FindAsync(account) is not { } found)
        {
            return NoSuchAccount(account);
        }

        if (found.Email is null)
        {
            return AccountResult.Refused("A machine user has no password; it acts by API tokens alone.");
        }

        var faults = _rules.FindFaults(password, found);
        if (faults.Count > 0)
        {
            return AccountResult.Refused(faults);
        }

        await using var context = await _contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var user = await context.Users.SingleAsync(u => u.Id == found.Id, cancellationToken);
        var isUnproved = !user.EmailConfirmed;
        _builder.SetPassword(user, password);
        context.Add(EventOf("user set-password", "password.set", user));
        if (isUnproved && confirms)
        {
            user.EmailConfirmed = true;
            context.Add(EventOf("user set-password --confirm", "account.confirmed", user));
        }

        try
        {
            await context.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateConcurrencyException)
        {
            return AccountResult.Refused("The account was changed at the same moment; nothing was done. Try again.");
        }

        if (isUnproved)
        {
            await _unproved.ClearAsync(context, user, "postern-server user set-password", keptSession: null, cancellationToken);
        }

        await _sessions.EndAllAsync(context, user.Id, except: null, SessionEnd.PasswordChanged, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return AccountResult.Done(user);
    }

    /// <summary>
    /// Deletes an account and all that is its own, and ends what was opened with it. Refused while an organization has no other
    /// owner. The audit trail and the record of certificates stay.
    /// </summary>
    public async Task<AccountResult> DeleteAsync(string account, CancellationToken cancellationToken) =>
        await FindAsync(account) is { } user
            ? await _closing.DeleteAsync(user, "postern-server user delete", cancellationToken)
            : NoSuchAccount(account);

    // In the context that Identity saves, so that both are written or neither.
    private void Record(string command, string action, User user) => _context.Add(EventOf(command, action, user));

    private AuditEvent EventOf(string command, string action, User user) => new()
    {
        At = _clock.GetUtcNow(),
        Actor = "postern-server " + command,
        Action = action,
        Subject = user.Id.ToString(),
        Detail = user.Email,
    };

    private static AccountResult NoSuchAccount(string account) =>
        AccountResult.Refused($"There is no account for '{account}'; 'postern-server user list' shows them all.");

    private static AccountResult Translate(User user, IdentityResult result) =>
        result.Succeeded ? AccountResult.Done(user) : AccountResult.Refused([.. result.Errors.Select(error => error.Description)]);
}

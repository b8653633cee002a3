using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.Audit;
using Postern.Directory.Organizations;
using Postern.Directory.People;
using Postern.Directory.Storage;
using Postern.Login.Mail;
using Postern.Login.Passwords;

namespace Postern.Login.Accounts;

/// <summary>
/// Makes the first account of a server, for whoever has a code that only the server's console showed: a stranger who finds a
/// fresh server cannot take it. All codes end with the first account, and of several people at once one is first.
/// </summary>
public sealed class FirstRun
{
    /// <summary>How long a code is good; <c>postern-server init</c> and every start print a new one while there is no account.</summary>
    public static readonly TimeSpan CodeLifetime = TimeSpan.FromDays(1);

    /// <summary>What who has no good code hears.</summary>
    internal const string WrongCode = "The setup code is not right, or it has expired. 'postern-server init' prints a new one.";

    private readonly IDbContextFactory<DirectoryContext> _contexts;
    private readonly AccountBuilder _builder;
    private readonly PasswordRules _rules;
    private readonly MailQueue _mails;
    private readonly AuditTrail _audit;
    private readonly LoginOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger<FirstRun> _log;
    private volatile bool _isOver;

    internal FirstRun(
        IDbContextFactory<DirectoryContext> contexts,
        AccountBuilder builder,
        PasswordRules rules,
        MailQueue mails,
        AuditTrail audit,
        LoginOptions options,
        TimeProvider clock,
        ILogger<FirstRun> log)
    {
        _contexts = contexts;
        _builder = builder;
        _rules = rules;
        _mails = mails;
        _audit = audit;
        _options = options;
        _clock = clock;
        _log = log;
    }

    /// <summary>Whether there is no account yet.</summary>
    public async Task<bool> IsNeededAsync(CancellationToken cancellationToken)
    {
        if (!_isOver)
        {
            await using var context = await _contexts.CreateDbContextAsync(cancellationToken);
            _isOver = await context.Users.AnyAsync(cancellationToken);
        }

        return !_isOver;
    }

    /// <summary>A new code to print on the console, or null when there is an account already. Codes printed before stay good.</summary>
    public async Task<string?> IssueCodeAsync(CancellationToken cancellationToken)
    {
        if (!await IsNeededAsync(cancellationToken))
        {
            return null;
        }

        var now = _clock.GetUtcNow();
        var code = AccountService.GeneratePassword();
        await using var context = await _contexts.CreateDbContextAsync(cancellationToken);
        await context.SetupCodes.Where(old => old.ExpiresAt <= now).ExecuteDeleteAsync(cancellationToken);
        context.SetupCodes.Add(new SetupCode { CodeHash = HashOf(code), CreatedAt = now, ExpiresAt = now + CodeLifetime });
        await context.SaveChangesAsync(cancellationToken);
        return code;
    }

    /// <summary>The lines that tell an operator about a code.</summary>
    public string Announce(string code) => $"""

        This server has no account yet. To make the first one, open
            {_options.Issuer}{LoginPaths.Setup}
        and enter this setup code, which is good until then, for {CodeLifetime.TotalHours:0} hours at most:
            {code}

        """;

    /// <summary>What is wrong with a request for an account that a passkey will open: nothing else is asked before it is made.</summary>
    internal async Task<IReadOnlyList<string>> FindFaultsAsync(FirstAccount request, string? address, CancellationToken cancellationToken)
    {
        await using var context = await _contexts.CreateDbContextAsync(cancellationToken);
        return await IsCodeGoodAsync(context, request, address, cancellationToken) ? FindFaults(Clean(request), isByPasskey: true) : [WrongCode];
    }

    /// <summary>Makes the account, its organization and its place there, if the code is right and nobody was first.</summary>
    internal async Task<AccountResult> CreateAsync(FirstAccount request, string? address, CancellationToken cancellationToken)
    {
        await using var context = await _contexts.CreateDbContextAsync(cancellationToken);
        var now = _clock.GetUtcNow();
        if (!await IsCodeGoodAsync(context, request, address, cancellationToken))
        {
            return AccountResult.Refused(WrongCode);
        }

        var clean = Clean(request);
        if (FindFaults(clean, isByPasskey: clean.Passkey is not null) is { Count: > 0 } faults)
        {
            return AccountResult.Refused(faults);
        }

        // Whoever removes the codes is the first: a second one waits here for the first one's end, and then finds none.
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (await context.SetupCodes.ExecuteDeleteAsync(cancellationToken) == 0 || await context.Users.AnyAsync(cancellationToken))
        {
            return AccountResult.Refused("This server has its first account already; sign in, or ask its owner for an invitation.");
        }

        // Without a mail server nothing could prove the address, and whoever reads the console runs this server.
        var user = _builder.Build(
            clean.Email, clean.FirstName, clean.LastName, clean.Passkey is null ? clean.Password : null, isEmailConfirmed: !_options.CanSendMail);
        clean.Passkey?.OpenAccount(context, user, now);
        var organization = new Organization
        {
            Id = OrganizationId.Create(_clock),
            Name = OrganizationSlug.Of(clean.Organization),
            Label = clean.Organization,
            OwnerId = user.Id,
            CreatedAt = now,
            UpdatedAt = now,
        };
        context.Users.Add(user);
        context.Organizations.Add(organization);
        context.OrganizationMembers.Add(_builder.Member(organization.Id, user.Id, OrganizationRole.Owner));
        _mails.Add(context, MailKind.EmailVerification, clean.Email, user.Id, _options.VerificationLifetime);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        _isOver = true;
        _mails.Announce();
        _log.AccountMade(user.Id, "first run");
        await _audit.WriteAsync(user.Id.ToString(), "account.created", user.Id.ToString(), null, "first account of the server", cancellationToken);
        return AccountResult.Done(user);
    }

    // Nothing else is said to who has no code: not even what is wrong with the other fields.
    private async Task<bool> IsCodeGoodAsync(DirectoryContext context, FirstAccount request, string? address, CancellationToken cancellationToken)
    {
        var (hash, now) = (HashOf(request.Code), _clock.GetUtcNow());
        if (await context.SetupCodes.AnyAsync(code => code.CodeHash == hash && code.ExpiresAt > now, cancellationToken))
        {
            return true;
        }

        _log.WrongSetupCode(address);
        return false;
    }

    private static FirstAccount Clean(FirstAccount request) => request with
    {
        Email = request.Email.Trim(),
        FirstName = request.FirstName.Trim(),
        LastName = request.LastName.Trim(),
        Organization = request.Organization.Trim(),
    };

    private List<string> FindFaults(FirstAccount request, bool isByPasskey)
    {
        var faults = new List<string>();
        if (!EmailAddress.IsValid(request.Email))
        {
            faults.Add("The e-mail address is not one.");
        }

        faults.AddRange(AccountBuilder.FindNameFaults(
            ("first name", request.FirstName), ("last name", request.LastName), ("organization's name", request.Organization)));
        if (request.Organization.Length == 0)
        {
            faults.Add("The organization needs a name; your company's or team's will do.");
        }

        if (!isByPasskey)
        {
            faults.AddRange(_rules.FindFaults(request.Password, request.Email, request.FirstName, request.LastName));
        }

        return faults;
    }

    // As people copy it: with or without hyphens, in any case.
    private static string HashOf(string code)
    {
        var plain = new string([.. code.Where(char.IsAsciiLetterOrDigit).Take(LoginLimits.Password).Select(char.ToLowerInvariant)]);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(plain)));
    }
}

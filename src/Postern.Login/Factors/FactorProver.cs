using Microsoft.EntityFrameworkCore;
using Postern.Directory.Audit;
using Postern.Directory.Factors;
using Postern.Directory.People;
using Postern.Directory.Storage;
using Postern.Login.Accounts;
using Postern.Login.Pages;
using Postern.Login.Sessions;

namespace Postern.Login.Factors;

/// <summary>Takes the answer to "prove it with your second factor": a code, a recovery code or a passkey.</summary>
internal sealed class FactorProver(
    SecondFactors codes,
    Passkeys passkeys,
    KnownBrowsers known,
    IDbContextFactory<DirectoryContext> contexts,
    IAccountNotices notices,
    AuditTrail audit,
    RefusedSignIns refused,
    ILogger<FactorProver> log)
{
    public Task<FactorProof> ProveAsync(HttpContext context, User user, IFormCollection form) =>
        form[FormFields.Method].ToString() switch
        {
            FormFields.MethodPasskey => ProvePasskeyAsync(context, user, form),
            FormFields.MethodRecovery => ProveRecoveryCodeAsync(context, user, form),
            _ => ProveCodeAsync(context, user, form),
        };

    private async Task<FactorProof> ProveCodeAsync(HttpContext context, User user, IFormCollection form)
    {
        var check = await codes.VerifyTotpAsync(user.Id, form[FormFields.Code].ToString(), known.CountFor(context, user), context.RequestAborted);
        return check.IsAccepted
            ? FactorProof.Of(AuthenticationMethods.OneTimePassword, AuthenticationMethods.MultiFactor)
            : await RefuseAsync(context, user, check, "The code is not right. Enter the six digits that your app shows now.",
                "That code was used already. Wait until your app shows the next one.");
    }

    private async Task<FactorProof> ProveRecoveryCodeAsync(HttpContext context, User user, IFormCollection form)
    {
        var check = await codes.UseRecoveryCodeAsync(user.Id, form[FormFields.Code].ToString(), known.CountFor(context, user), context.RequestAborted);
        if (!check.IsAccepted)
        {
            return await RefuseAsync(context, user, check, "That is none of your recovery codes. They look like k7pd-w3xn-9hqe.",
                "That recovery code was used already; each is good once. Take another one.");
        }

        await audit.WriteAsync(user.Id.ToString(), FactorAction.RecoveryCodeUsed, user.Id.ToString(), null, null, context.RequestAborted);
        await using var database = await contexts.CreateDbContextAsync(context.RequestAborted);
        await notices.AddAsync(database, user.Id, AccountChange.RecoveryCodeUsed, context.RequestAborted);
        await database.SaveChangesAsync(context.RequestAborted);
        return FactorProof.Of(AuthenticationMethods.MultiFactor);
    }

    private async Task<FactorProof> ProvePasskeyAsync(HttpContext context, User user, IFormCollection form)
    {
        var checkedKey = await passkeys.CheckAsync(
            context, user.Id, form[FormFields.PasskeyState].ToString(), form[FormFields.Credential].ToString());
        if (checkedKey is { } found && found.User.Id == user.Id)
        {
            return FactorProof.Of(found.Method, AuthenticationMethods.MultiFactor);
        }

        await refused.NoteAsync(user.Id, RequestOrigin.Of(context), "passkey not accepted", context.RequestAborted);
        return FactorProof.Refused("The passkey was not accepted. Try again, or use another way.");
    }

    private async Task<FactorProof> RefuseAsync(HttpContext context, User user, CodeCheck check, string wrong, string used)
    {
        await refused.NoteAsync(user.Id, RequestOrigin.Of(context), "second factor: " + check.Verdict, context.RequestAborted);
        log.FactorRefused(user.Id, RequestOrigin.Of(context).Address, check.Verdict.ToString());
        return check.RetryAfter > TimeSpan.Zero
            ? FactorProof.Refused($"Too many codes were wrong. Try again in {Wording.Wait(check.RetryAfter)}.", check.RetryAfter)
            : FactorProof.Refused(check.Verdict == CodeVerdict.AlreadyUsed ? used : wrong);
    }
}

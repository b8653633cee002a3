using Postern.Directory.People;
using Postern.Login.Factors;

namespace Postern.Login.Pages.Factors;

/// <summary>Shows the question for a second factor.</summary>
internal sealed class FactorPages(FactorService factors, Passkeys passkeys, PageWriter pages)
{
    /// <summary>Writes the page; <paramref name="method"/> is what the person wants to be asked for, if they have it.</summary>
    public async Task WriteAsync(HttpContext context, User user, FactorQuestion question, string? method, FactorProof? refusal = null)
    {
        var status = await factors.GetStatusAsync(user.Id, context.RequestAborted);
        var chosen = Choose(status, method);
        var isPasskeyPossible = status.Passkeys.Count > 0 && passkeys.IsAvailable;
        await pages.WriteAsync<FactorPage>(context, refusal?.Refuse(context) ?? StatusCodes.Status200OK, new FactorModel
        {
            Title = question.Title,
            Lead = LeadOf(chosen, isPasskeyPossible, question),
            Email = user.Email ?? "",
            FormAction = question.FormAction,
            ReturnUrl = question.ReturnUrl,
            Method = chosen,
            HasAuthenticator = status.Authenticator is not null,
            HasRecoveryCodes = status.RecoveryCodesLeft > 0,
            Passkey = isPasskeyPossible && chosen is null or FormFields.MethodCode
                ? await passkeys.BeginCheckAsync(context, user)
                : null,
            Error = refusal?.Error,
        });
    }

    private static string? Choose(FactorStatus status, string? wanted)
    {
        if (!status.HasFactor)
        {
            return FormFields.MethodPassword;
        }

        if (wanted == FormFields.MethodRecovery && status.RecoveryCodesLeft > 0)
        {
            return FormFields.MethodRecovery;
        }

        return status.Authenticator is null ? null : FormFields.MethodCode;
    }

    private static string LeadOf(string? method, bool isPasskeyPossible, FactorQuestion question) => question.Reason + (method switch
    {
        FormFields.MethodPassword => "Enter your password.",
        FormFields.MethodRecovery => "Enter one of the recovery codes that you kept. It is good once.",
        FormFields.MethodCode => "Enter the six digits that your authenticator app shows.",
        _ when isPasskeyPossible => "Use the passkey of this device, your phone or your security key.",
        _ => "Your passkey works only at another address of this server; use a recovery code.",
    });
}

using Postern.Login.Factors;
using Postern.Login.Sessions;

namespace Postern.Login.Pages.Factors;

/// <summary>
/// The steps of a form that makes a passkey the way into an account: the question, the answer, and what follows when it was good.
/// </summary>
internal sealed class FirstPasskeyForm(Passkeys passkeys, BrowserSessions browsers, FactorService factors, PageWriter pages)
{
    private const string Failed = "The passkey could not be made. Try again, or use a password.";

    /// <summary>Whether browsers can make passkeys for this server.</summary>
    public bool IsAvailable => passkeys.IsAvailable;

    /// <summary>Whether this form asks for a passkey, or brings one.</summary>
    public bool IsAskedFor(IFormCollection form) => IsAvailable && form[FormFields.Instead] == FormFields.MethodPasskey;

    /// <summary>The passkey that the form brings. Without one, or with a bad one, the question is the answer, and null.</summary>
    /// <param name="context">The request.</param>
    /// <param name="form">The form.</param>
    /// <param name="email">The address of the account.</param>
    /// <param name="displayName">The person's name, as the browser shows it.</param>
    /// <param name="userId">The account, or null for one that does not exist yet.</param>
    /// <param name="fields">The fields that come back with the answer.</param>
    public async Task<FirstPasskey?> ReadAsync(
        HttpContext context, IFormCollection form, string email, string displayName, Guid? userId, params string[] fields)
    {
        var (credential, name) = (form[FormFields.Credential].ToString(), PasskeyEndpoint.ReadName(form));
        if (credential.Length > 0 && name is not null
            && await passkeys.CheckFirstAsync(context, name, form[FormFields.PasskeyState].ToString(), credential) is { } passkey
            && (userId is null || passkey.UserId == userId))
        {
            return passkey;
        }

        await pages.WriteAsync<FirstPasskeyPage>(
            context, credential.Length == 0 ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity, new FirstPasskeyModel
            {
                Passkey = await passkeys.BeginFirstAsync(context, userId ?? Guid.NewGuid(), email, displayName),
                Email = email,
                FormAction = context.Request.Path,
                Name = name ?? PasskeyEndpoint.NameOf(context),
                Fields = [KeyValuePair.Create(FormFields.Instead, FormFields.MethodPasskey), .. fields.Select(field => KeyValuePair.Create(field, form[field].ToString()))],
                Error = credential.Length == 0 ? null : name is null ? PasskeyEndpoint.NameFault : Failed,
            });
        return null;
    }

    /// <summary>Signs the person in, who just used the passkey, and shows the recovery codes.</summary>
    public async Task FinishAsync(HttpContext context, Directory.People.User user, FirstPasskey passkey)
    {
        await browsers.SignInAsync(context, user, passkey.Amr, SessionGrant.Passkey);
        await pages.WriteAsync<RecoveryCodesPage>(context, StatusCodes.Status200OK, new RecoveryCodesModel
        {
            Codes = await factors.RenewRecoveryCodesAsync(user.Id, context.RequestAborted),
            Email = user.Email ?? "",
            IsFirst = true,
            ContinueLink = LoginPaths.Account,
        });
    }
}

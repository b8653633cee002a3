using Postern.Login.Accounts;
using Postern.Login.Factors;
using Postern.Login.Sessions;

namespace Postern.Login.Pages;

/// <summary><c>/account/password</c>: a new password for who is signed in, knows the present one and has the second factor, if there is one.</summary>
internal sealed class PasswordEndpoint(PasswordChange change, PasswordProver passwords, RecentProof recent, KnownBrowsers known, PageWriter pages)
{
    private const string DoneMark = "done";

    public async Task ShowAsync(HttpContext context)
    {
        if (await recent.RequireBesidePasswordAsync(context) is not { } live)
        {
            return;
        }

        if (live.RequiredProvider is not null || live.User.PasswordHash is null)
        {
            await pages.WriteErrorAsync(
                context,
                StatusCodes.Status409Conflict,
                "Your account has no password to change",
                live.RequiredProvider is not null ? Wording.NoPasswordBySso : "You sign in without one.",
                live.RequiredProvider is not null
                    ? "Change it at your provider."
                    : live.User.TwoFactorEnabled // No link to a new password is mailed past a passkey.
                        ? "There is nothing to do: what you sign in with needs none."
                        : "To set one, take “Forgotten your password?” on the sign-in page.");
        }
        else
        {
            await WriteAsync(context, StatusCodes.Status200OK, live, []);
        }
    }

    public async Task ChangeAsync(HttpContext context)
    {
        if (await recent.RequireBesidePasswordWithFormAsync(context) is not var (live, form))
        {
            return;
        }

        var proof = await passwords.ProveAsync(context, live.User, form[FormFields.PresentPassword], "present password");
        if (proof.Error is { } error)
        {
            await WriteAsync(context, proof.Refuse(context), live, [error], isPresentWrong: true);
            return;
        }

        var result = await change.ChangeAsync(live, form[FormFields.NewPassword].ToString(), context.RequestAborted);
        if (result.IsDone)
        {
            known.Remember(context, result.User!);
            context.SeeOther($"{LoginPaths.ChangePassword}?{DoneMark}=1");
        }
        else
        {
            await WriteAsync(context, StatusCodes.Status422UnprocessableEntity, live, result.Faults);
        }
    }

    private Task WriteAsync(HttpContext context, int status, LiveSession live, IReadOnlyList<string> faults, bool isPresentWrong = false) =>
        pages.WriteAsync<ChangePasswordPage>(context, status, new NewPasswordModel
        {
            Email = live.User.Email!,
            NeedsPresentPassword = true,
            FormAction = LoginPaths.ChangePassword,
            Notice = context.Request.Query.ContainsKey(DoneMark) ? "Your password is changed, and everything else is signed out." : null,
            IsPresentWrong = isPresentWrong,
            Faults = faults,
        });
}

using Postern.Login.Factors;
using Postern.Login.Sessions;

namespace Postern.Login.Pages.Factors;

/// <summary><c>/account/security/passkeys</c>: add, rename and remove passkeys.</summary>
internal sealed class PasskeyEndpoint(
    RecentProof recent, Passkeys passkeys, FactorService factors, NewFactor newFactor, PageWriter pages)
{
    public async Task ShowAddAsync(HttpContext context)
    {
        if (await recent.RequireForNewFactorAsync(context) is { } live)
        {
            var returnUrl = AuthenticatorEndpoint.ReturnUrl(context.Request.Query[FormFields.ReturnUrl]);
            await ShowAddAsync(context, StatusCodes.Status200OK, live, NameOf(context), returnUrl, null);
        }
    }

    public async Task AddAsync(HttpContext context)
    {
        if (await recent.RequireForNewFactorWithFormAsync(context) is not var (live, form))
        {
            return;
        }

        var returnUrl = AuthenticatorEndpoint.ReturnUrl(form[FormFields.ReturnUrl]);
        if (ReadName(form) is not { } name)
        {
            await ShowAddAsync(context, StatusCodes.Status422UnprocessableEntity, live, NameOf(context), returnUrl, NameFault);
            return;
        }

        var credential = form[FormFields.Credential].ToString();
        var method = await passkeys.RegisterAsync(context, live.User.Id, name, form[FormFields.PasskeyState].ToString(), credential);
        if (method is null)
        {
            await ShowAddAsync(
                context, StatusCodes.Status422UnprocessableEntity, live, name, returnUrl,
                $"The passkey could not be added. Try again; an account has at most {LoginLimits.PasskeysPerAccount}, and each device only one.");
            return;
        }

        await newFactor.FinishAsync(context, live, method, SecurityEndpoint.PasskeyAdded, returnUrl);
    }

    public async Task ShowRenameAsync(HttpContext context, string id)
    {
        if (await recent.RequireAsync(context) is { } live && await FindAsync(context, live, id) is { } passkey)
        {
            await ShowRenameAsync(context, StatusCodes.Status200OK, passkey.Name, null);
        }
    }

    public async Task RenameAsync(HttpContext context, string id)
    {
        if (await recent.RequireWithFormAsync(context) is not var (live, form) || await FindAsync(context, live, id) is not { } passkey)
        {
            return;
        }

        if (ReadName(form) is not { } name)
        {
            await ShowRenameAsync(context, StatusCodes.Status422UnprocessableEntity, passkey.Name, NameFault);
            return;
        }

        await passkeys.RenameAsync(live.User.Id, passkey.Id, name, context.RequestAborted);
        context.SeeOther(SecurityEndpoint.Done(SecurityEndpoint.PasskeyRenamed));
    }

    public async Task ShowRemovalAsync(HttpContext context, string id)
    {
        if (await recent.RequireAsync(context) is { } live && await FindAsync(context, live, id) is { } passkey)
        {
            await ShowRemovalAsync(context, StatusCodes.Status200OK, passkey, null);
        }
    }

    public async Task RemoveAsync(HttpContext context, string id)
    {
        if (await recent.RequireWithFormAsync(context) is not var (live, _) || await FindAsync(context, live, id) is not { } passkey)
        {
            return;
        }

        if (await factors.RemovePasskeyAsync(live.User.Id, live.Session.Id, passkey.Id, context.RequestAborted) is { } refusal)
        {
            await ShowRemovalAsync(context, StatusCodes.Status409Conflict, passkey, refusal);
            return;
        }

        context.SeeOther(SecurityEndpoint.Done(SecurityEndpoint.PasskeyRemoved));
    }

    internal static string NameFault => $"Give the passkey a name of 1 to {LoginLimits.PasskeyName} characters.";

    private async Task ShowAddAsync(HttpContext context, int status, LiveSession live, string name, string? returnUrl, string? error)
    {
        if (!passkeys.IsAvailable)
        {
            context.SeeOther(LoginPaths.Security);
            return;
        }

        await pages.WriteAsync<PasskeyPage>(context, status, new PasskeyModel
        {
            Passkey = await passkeys.BeginRegistrationAsync(context, live.User),
            FormAction = LoginPaths.AddPasskey,
            Name = name,
            ReturnUrl = returnUrl,
            Error = error,
        });
    }

    private Task ShowRenameAsync(HttpContext context, int status, string name, string? error) =>
        pages.WriteAsync<PasskeyPage>(context, status, new PasskeyModel
        {
            Passkey = null,
            FormAction = context.Request.Path,
            Name = name,
            Error = error,
        });

    private Task ShowRemovalAsync(HttpContext context, int status, PasskeySummary passkey, string? refusal) =>
        pages.WriteAsync<DecisionPage>(context, status, new DecisionModel
        {
            Title = "Remove the passkey?",
            Text = $"“{passkey.Name}” no longer signs you in, and you are signed out everywhere but here. Remove it from the device too.",
            Button = "Remove",
            FormAction = context.Request.Path,
            Refusal = refusal,
        });

    // Only an id of the list is ever decoded: what else a link names is not there.
    private async Task<PasskeySummary?> FindAsync(HttpContext context, LiveSession live, string id)
    {
        var status = await factors.GetStatusAsync(live.User.Id, context.RequestAborted);
        var passkey = status.Passkeys.FirstOrDefault(candidate => candidate.Id == id);
        if (passkey is null)
        {
            context.SeeOther(LoginPaths.Security);
        }

        return passkey;
    }

    internal static string? ReadName(IFormCollection form)
    {
        var name = form[FormFields.Name].ToString().Trim();
        return name.Length is > 0 and <= LoginLimits.PasskeyName && !name.Any(char.IsControl) ? name : null;
    }

    // What the person most likely calls the device that they sit at.
    internal static string NameOf(HttpContext context) =>
        RequestOrigin.Of(context).UserAgent is { } agent && Wording.Program(agent) is { Length: <= LoginLimits.PasskeyName } program ? program : "Passkey";
}

using Microsoft.AspNetCore.WebUtilities;
using Postern.Directory.Devices;
using Postern.Login.Accounts;
using Postern.Login.Pages.Factors;
using Postern.Login.Sessions;

namespace Postern.Login.Pages;

/// <summary>
/// <c>/device</c> (RFC 8628 section 3.3): a signed-in person types a code or follows a link with it, sees who asks for what,
/// and allows or denies it. Every look-up of a code is charged, right or wrong, so that codes cannot be guessed.
/// </summary>
internal sealed class DeviceEndpoint(
    BrowserSessions browsers, DeviceApprovals approvals, PageWriter pages, LoginOptions options, TimeProvider clock, ILogger<DeviceEndpoint> log)
{
    private readonly AttemptLimiter _accounts = new(options.AttemptWindow, options.AttemptWindow, clock);
    private readonly AttemptLimiter _addresses = new(options.AttemptWindow, options.AttemptWindow, clock);

    public async Task ShowAsync(HttpContext context)
    {
        var typed = context.Request.Query[FormFields.UserCode].ToString();
        if (await browsers.FindAsync(context) is not { } live)
        {
            context.SeeOther(SignInLink.BackTo(AddressOf(UserCode.Read(typed))));
        }
        else if (context.Request.Query[FormFields.Decision].ToString() is { Length: > 0 } decision)
        {
            await pages.WriteAsync<DeviceDonePage>(
                context, StatusCodes.Status200OK, new DeviceDoneModel { IsAllowed = decision == FormFields.Allow });
        }
        else if (typed.Length == 0)
        {
            await pages.WriteAsync<DeviceCodePage>(context, StatusCodes.Status200OK, new DeviceCodeModel { Email = live.User.Email ?? "" });
        }
        else if (await FindAsync(context, live, typed) is { } request)
        {
            await ShowRequestAsync(context, live, request, UserCode.Read(typed)!);
        }
    }

    public async Task DecideAsync(HttpContext context)
    {
        if (await browsers.FindAsync(context) is not { } live)
        {
            context.SeeOther(SignInLink.BackTo(LoginPaths.Device));
            return;
        }

        if (await pages.ReadFormAsync(context) is not { } form)
        {
            return;
        }

        var typed = form[FormFields.UserCode].ToString();
        if (await FindAsync(context, live, typed) is not { } request)
        {
            return;
        }

        var code = UserCode.Read(typed)!;
        var decision = form[FormFields.Decision].ToString();
        if (decision is not (FormFields.Allow or FormFields.Deny) || (decision == FormFields.Allow && (MustSignInAgain(request, live) || FindStepUp(request, live, code) is not null)))
        {
            await ShowRequestAsync(context, live, request, code);
            return;
        }

        var isAllowed = decision == FormFields.Allow;
        if (!await approvals.DecideAsync(code, isAllowed, live.Session, context.RequestAborted))
        {
            await ShowFormAsync(context, live, NotWaiting);
            return;
        }

        if (isAllowed)
        {
            log.DeviceAllowed(live.User.Id, request.Requester, request.Address);
        }
        else
        {
            log.DeviceDenied(live.User.Id, request.Requester, request.Address);
        }

        context.SeeOther(QueryHelpers.AddQueryString(LoginPaths.Device, FormFields.Decision, decision));
    }

    private static string NotWaiting =>
        "No sign-in waits with this code. Compare it with the device; if it is the same, it is too old: start again there.";

    /// <summary>The waiting request; null when there is none or too many were tried, and then the answer is written.</summary>
    private async Task<DeviceRequest?> FindAsync(HttpContext context, LiveSession live, string typed)
    {
        var wait = _accounts.Count(live.User.Id.ToString(), LoginLimits.UserCodesPerAccount)
            ?? _addresses.Count(RequestOrigin.CountedAddress(context), LoginLimits.UserCodesPerAddress);
        if (wait is { } time)
        {
            log.TooManyUserCodes(live.User.Id, RequestOrigin.Of(context).Address);
            context.RetryAfter(time);
            await ShowFormAsync(
                context, live, $"Too many codes were tried. Try again in {Wording.Duration(time)}.", StatusCodes.Status429TooManyRequests);
            return null;
        }

        if (UserCode.Read(typed) is { } code && await approvals.FindWaitingAsync(code, context.RequestAborted) is { } request)
        {
            return request;
        }

        await ShowFormAsync(context, live, NotWaiting);
        return null;
    }

    private Task ShowFormAsync(HttpContext context, LiveSession live, string error, int status = StatusCodes.Status422UnprocessableEntity) =>
        pages.WriteAsync<DeviceCodePage>(context, status, new DeviceCodeModel { Email = live.User.Email ?? "", Error = error });

    private async Task ShowRequestAsync(HttpContext context, LiveSession live, DeviceRequest request, string code)
    {
        if (MustSignInAgain(request, live))
        {
            context.SeeOther(StepUpLink.ToSignIn(RequiredMethods(request), live, AddressOf(code)));
            return;
        }

        if (FindStepUp(request, live, code) is { } stepUp)
        {
            context.SeeOther(stepUp);
            return;
        }

        await pages.WriteAsync<DeviceConsentPage>(context, StatusCodes.Status200OK, new DeviceConsentModel
        {
            Request = request,
            UserCode = code,
            User = live.User,
            OwnAddress = RequestOrigin.Of(context).Address,
            StaysSignedIn = request.Scope == OAuth.OAuthScopes.OfflineAccess,
            Options = options,
            Now = clock.GetUtcNow(),
            OtherAccountLink = SignInLink.BackTo(AddressOf(code), switchAccount: true),
        });
    }

    // Who signed in since the device asked did so for it, or a max_age of 0 ("sign in now") could never be met.
    private bool MustSignInAgain(DeviceRequest request, LiveSession live) =>
        request.MaxAgeSeconds is { } age && live.Session.AuthTime < request.CreatedAt && clock.GetUtcNow() - live.Session.AuthTime > TimeSpan.FromSeconds(age);

    private static string[] RequiredMethods(DeviceRequest request) => request.RequiredAmr.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static string? FindStepUp(DeviceRequest request, LiveSession live, string code) =>
        StepUpLink.Find(RequiredMethods(request), live, AddressOf(code));

    private static string AddressOf(string? code) =>
        code is null ? LoginPaths.Device : QueryHelpers.AddQueryString(LoginPaths.Device, FormFields.UserCode, code);
}

using Postern.Login.Accounts;
using Postern.Login.Factors;
using Postern.Login.Pages.Factors;
using Postern.Login.Sessions;

namespace Postern.Login.Pages;

/// <summary><c>/setup</c>: makes the first account, with the code that the server printed on its console.</summary>
internal sealed class SetupEndpoint(
    FirstRun firstRun, FirstPasskeyForm passkeys, BrowserSessions browsers, PageWriter pages, LoginOptions options, TimeProvider clock)
{
    private readonly AttemptLimiter _attempts = new(options.AttemptWindow, options.AttemptWindow, clock);

    public async Task ShowAsync(HttpContext context)
    {
        if (!await firstRun.IsNeededAsync(context.RequestAborted))
        {
            context.SeeOther(LoginPaths.Home);
            return;
        }

        await browsers.FindAsync(context);
        await pages.WriteAsync<SetupPage>(context, StatusCodes.Status200OK, new SetupModel { OffersPasskey = passkeys.IsAvailable });
    }

    public async Task CreateAsync(HttpContext context)
    {
        if (!await firstRun.IsNeededAsync(context.RequestAborted))
        {
            context.SeeOther(LoginPaths.Home);
            return;
        }

        await browsers.FindAsync(context);
        if (await pages.ReadFormAsync(context) is not { } form)
        {
            return;
        }

        var request = new FirstAccount(
            form[FormFields.SetupCode].ToString(),
            form[FormFields.Email].ToString(),
            form[FormFields.FirstName].ToString(),
            form[FormFields.LastName].ToString(),
            form[FormFields.NewPassword].ToString(),
            form[FormFields.Organization].ToString());
        if (_attempts.Count(RequestOrigin.CountedAddress(context), LoginLimits.SetupAttempts) is { } wait)
        {
            context.RetryAfter(wait);
            await ShowAgainAsync(context, StatusCodes.Status429TooManyRequests, request, [$"Too many attempts. Try again in {Wording.Duration(wait)}."]);
            return;
        }

        if (passkeys.IsAskedFor(form))
        {
            if (await firstRun.FindFaultsAsync(request, RequestOrigin.Of(context).Address, context.RequestAborted) is { Count: > 0 } faults)
            {
                await ShowAgainAsync(context, StatusCodes.Status422UnprocessableEntity, request, faults);
                return;
            }

            if (await passkeys.ReadAsync(
                context, form, request.Email.Trim(), $"{request.FirstName} {request.LastName}".Trim(), userId: null,
                FormFields.SetupCode, FormFields.Email, FormFields.FirstName, FormFields.LastName, FormFields.Organization) is not { } passkey)
            {
                return;
            }

            request = request with { Passkey = passkey };
        }

        var result = await firstRun.CreateAsync(request, RequestOrigin.Of(context).Address, context.RequestAborted);
        if (result.User is { } made && request.Passkey is not null)
        {
            await passkeys.FinishAsync(context, made, request.Passkey);
            return;
        }

        if (result.User is { } user)
        {
            await browsers.SignInAsync(context, user, AuthenticationMethods.Password);
            context.SeeOther(LoginPaths.Account);
            return;
        }

        await ShowAgainAsync(context, StatusCodes.Status422UnprocessableEntity, request, result.Faults);
    }

    private Task ShowAgainAsync(HttpContext context, int status, FirstAccount request, IReadOnlyList<string> faults) =>
        pages.WriteAsync<SetupPage>(context, status, new SetupModel
        {
            Code = Short(request.Code),
            Email = Short(request.Email),
            FirstName = Short(request.FirstName),
            LastName = Short(request.LastName),
            Organization = Short(request.Organization),
            IsCodeWrong = faults is [FirstRun.WrongCode],
            OffersPasskey = passkeys.IsAvailable,
            Faults = faults,
        });

    private static string Short(string text) => text.Length <= LoginLimits.Email ? text : "";
}

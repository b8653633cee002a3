using Postern.Login.Sessions;

namespace Postern.Login.Pages;

/// <summary><c>/</c> and <c>/account</c>: who is signed in.</summary>
internal sealed class AccountEndpoint(BrowserSessions browsers, PageWriter pages, LoginOptions options)
{
    public async Task ShowHomeAsync(HttpContext context)
    {
        if (await browsers.FindAsync(context) is not null)
        {
            context.SeeOther(LoginPaths.Account);
            return;
        }

        await pages.WriteAsync<WelcomePage>(context, StatusCodes.Status200OK, new WelcomeModel
        {
            Issuer = options.Issuer,
            HasSignedOut = context.Request.Query.ContainsKey("signed_out"),
        });
    }

    public async Task ShowAccountAsync(HttpContext context)
    {
        if (await browsers.FindAsync(context) is not { } live)
        {
            context.SeeOther(SignInLink.To(context));
            return;
        }

        await pages.WriteAsync<AccountPage>(context, StatusCodes.Status200OK, new AccountModel { User = live.User });
    }
}

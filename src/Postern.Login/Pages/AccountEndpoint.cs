using Postern.Login.Accounts;
using Postern.Login.Mail;
using Postern.Login.Sessions;

namespace Postern.Login.Pages;

/// <summary><c>/</c> and <c>/account</c>: who is signed in.</summary>
internal sealed class AccountEndpoint(BrowserSessions browsers, FirstRun firstRun, MailQueue mails, PageWriter pages, LoginOptions options)
{
    public const string MailMark = "mail";
    public const string Sent = "sent";
    public const string TooOften = "often";
    public const string Confirmed = "confirmed";

    public async Task ShowHomeAsync(HttpContext context)
    {
        if (await browsers.FindAsync(context) is not null)
        {
            context.SeeOther(LoginPaths.Account);
            return;
        }

        if (await firstRun.IsNeededAsync(context.RequestAborted))
        {
            context.SeeOther(LoginPaths.Setup);
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

        await pages.WriteAsync<AccountPage>(context, StatusCodes.Status200OK, new AccountModel
        {
            User = live.User,
            CanSendMail = mails.IsOpen,
            HasPasswordElsewhere = live.RequiredProvider is not null,
            Notice = context.Request.Query[MailMark].ToString() switch
            {
                Sent => "A mail is on its way. Open the link in it.",
                TooOften => "That was sent several times already. Look for the mail, or try again in an hour.",
                Confirmed => "Thank you: your address is confirmed.",
                _ => null,
            },
        });
    }
}

using Postern.Directory.Organizations;
using Postern.Directory.People;
using Postern.Login.Pages;

namespace Postern.Login.Mail;

/// <summary>The words of our mails. What people wrote themselves, such as names, is put on one line and cut to a length.</summary>
internal static class MailTexts
{
    public static MailText Invitation(
        string deployment, string issuer, User? inviter, string organization, OrganizationRole role, string link, DateTimeOffset expiresAt)
    {
        var label = OneLine(organization);
        var who = inviter is null ? "An administrator"
            : inviter.DisplayName == inviter.Email ? OneLine(inviter.Email)
            : $"{OneLine(inviter.DisplayName)} ({inviter.Email})";
        return Finish(deployment, issuer, $"Invitation to {label} on {deployment}", $"""
            Hello,

            {who} invites you to join the organization
            "{label}" on {deployment}, as {Wording.Role(role)}.

            To accept, open this link:

            {link}

            It works once, until {Wording.Moment(expiresAt)}. If you have no account with
            this address yet, you choose a password there; if you have one, you
            sign in as usual.

            If you did not expect this, do nothing: no account has been made for you.
            """);
    }

    public static MailText PasswordReset(string deployment, string issuer, string link, TimeSpan goodFor) =>
        Finish(deployment, issuer, $"A new password for {deployment}", $"""
            Hello,

            somebody, you we hope, asked for a new password for the account with
            this address. To choose one, open this link:

            {link}

            It works once, for {Wording.Duration(goodFor)}. A new password signs you out everywhere.
            A second step at sign-in, if you have set one up, stays as it is.

            If it was not you, do nothing: your password stays as it is.
            """);

    public static MailText Verification(string deployment, string issuer, string link, TimeSpan goodFor) =>
        Finish(deployment, issuer, $"Is this your address? {deployment} asks", $"""
            Hello,

            please confirm that this is the address of your account by opening
            this link:

            {link}

            It works once, for {Wording.Duration(goodFor)}.

            If you have no account here, somebody mistyped an address; you need not
            do anything.
            """);

    public static MailText MfaReminder(string deployment, string issuer, IReadOnlyList<string> organizations, bool isRequired)
    {
        var who = organizations.Count == 1 ? $"\"{OneLine(organizations[0])}\"" : "an organization that you work with";
        var why = isRequired
            ? "It is required already: without it SSH, Git and the API refuse you\nthere."
            : "When the organization comes to require it, you need it for SSH, Git and\nthe API.";
        return Finish(deployment, issuer, $"Please set up a second factor for {deployment}", $"""
            Hello,

            an administrator of {who} asks you to
            protect your account with a second factor: an authenticator app or a
            passkey. It takes a minute, under Sign-in methods in your account:

            {issuer}{LoginPaths.Security}

            {why} On the command line, run this afterwards:

            postern login -f
            """);
    }

    public static MailText PasswordChanged(string deployment, string issuer, DateTimeOffset when) =>
        Finish(deployment, issuer, $"Your {deployment} password was changed", $"""
            Hello,

            the password of your account was changed on {Wording.Moment(when)}, and
            everything that was signed in with the old one was signed out.

            If it was not you, choose a new password at once and tell whoever runs
            this server:

            {issuer}{LoginPaths.ForgottenPassword}
            """);

    public static MailText FactorsReset(string deployment, string issuer, DateTimeOffset when) =>
        Finish(deployment, issuer, $"Your second factors on {deployment} were removed", $"""
            Hello,

            an administrator removed the second factors of your account on
            {Wording.Moment(when)}: authenticator app, passkeys and recovery codes.
            You were signed out everywhere, and sign in with your password
            alone until you set up new ones:

            {issuer}{LoginPaths.Security}

            If you did not ask for it, set up a new one at once and tell whoever
            runs this server.
            """);

    /// <summary>What a kind of mail says was changed, or null when it is another kind.</summary>
    public static string? ChangeOf(string kind) => kind switch
    {
        AccountChange.SshKeyAdded => "An SSH key was added to your account",
        AccountChange.ApiTokenMade => "An API token was made for your account",
        AccountChange.AuthenticatorAdded => "An authenticator app was set up for your account",
        AccountChange.AuthenticatorRemoved => "The authenticator app was removed from your account",
        AccountChange.PasskeyAdded => "A passkey was added to your account",
        AccountChange.PasskeyRemoved => "A passkey was removed from your account",
        AccountChange.RecoveryCodesMade => "New recovery codes were made for your account",
        AccountChange.RecoveryCodeUsed => "A recovery code of your account was used",
        _ => null,
    };

    public static MailText AccountChanged(string deployment, string issuer, string change, DateTimeOffset when) =>
        Finish(deployment, issuer, $"{change} on {deployment}", $"""
            Hello,

            {change}
            on {Wording.Moment(when)}.

            If it was not you, set a new password at once, look at your sign-in
            methods, SSH keys and API tokens, and tell whoever runs this server:

            {issuer}{LoginPaths.ForgottenPassword}
            {issuer}{LoginPaths.Security}
            """);

    /// <summary>A text by a person as part of one line: no line breaks or other controls, and not too long.</summary>
    public static string OneLine(string? text)
    {
        var line = new string([.. (text ?? "").Select(c => char.IsControl(c) || c is '\u2028' or '\u2029' ? ' ' : c)]).Trim();
        return line.Length <= LoginLimits.Name ? line : line[..LoginLimits.Name] + "...";
    }

    private static MailText Finish(string deployment, string issuer, string subject, string body) =>
        new(OneLine(subject), body + $"\n\n-- \n{OneLine(deployment)}\n{issuer}\n");
}

namespace Postern.Login.Mail;

/// <summary>Which mails there are, as queued rows name them.</summary>
internal static class MailKind
{
    public const string Invitation = "invitation";
    public const string PasswordReset = "password_reset";
    public const string EmailVerification = "email_verification";

    /// <summary>Asks a person to set up a second factor, because an administrator of an organization of theirs wants it.</summary>
    public const string MfaReminder = "mfa_reminder";

    /// <summary>Tells a person that their password changed, so that somebody else's change does not go unseen.</summary>
    public const string PasswordChanged = "password_changed";

    /// <summary>Tells a person that somebody else removed their second factors.</summary>
    public const string FactorsReset = "factors_reset";
}

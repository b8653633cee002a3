namespace Postern.Login.Mail;

/// <summary>What a mail says.</summary>
/// <param name="Subject">One line.</param>
/// <param name="Body">Plain text with line breaks.</param>
internal sealed record MailText(string Subject, string Body)
{
    /// <summary>
    /// The account's own address, when the mail is about an account; null for the one that was typed. Two addresses can be one
    /// name for looking accounts up and still be mailboxes of different people.
    /// </summary>
    public string? Recipient { get; init; }
}

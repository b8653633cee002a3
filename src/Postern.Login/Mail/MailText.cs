namespace Postern.Login.Mail;

/// <summary>What a mail says.</summary>
/// <param name="Subject">One line.</param>
/// <param name="Body">Plain text with line breaks.</param>
internal sealed record MailText(string Subject, string Body);

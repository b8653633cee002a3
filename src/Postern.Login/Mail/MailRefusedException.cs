namespace Postern.Login.Mail;

/// <summary>The mail server refuses this mail for good (RFC 5321 section 4.2.1: a reply 5yz to the recipient or the text).</summary>
internal sealed class MailRefusedException(string message, Exception inner) : Exception(message, inner);

using System.Net.Mail;

namespace Postern.Login.Accounts;

/// <summary>What we take for an e-mail address: one mailbox and nothing around it, so that none can hold a header of a mail.</summary>
internal static class EmailAddress
{
    /// <summary>Whether the text is an address (RFC 5321 section 4.1.2, without quoted names and display names).</summary>
    public static bool IsValid(string text) =>
        text.Length <= LoginLimits.Email
        && !text.Any(c => char.IsControl(c) || char.IsWhiteSpace(c))
        && MailAddress.TryCreate(text, out var address)
        && address.Address == text;
}

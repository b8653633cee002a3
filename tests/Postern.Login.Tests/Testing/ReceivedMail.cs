using MimeKit;

namespace Postern.Login.Tests.Testing;

/// <summary>A mail as the mail server got it.</summary>
/// <param name="Sender">The envelope's sender.</param>
/// <param name="Recipients">The envelope's recipients.</param>
/// <param name="Message">What it says.</param>
/// <param name="Link">The link with a secret in it; empty when there is none.</param>
internal sealed record ReceivedMail(string Sender, IReadOnlyList<string> Recipients, MimeMessage Message, string Link)
{
    /// <summary>The link without the server.</summary>
    public string Path => new Uri(Link).PathAndQuery;
}

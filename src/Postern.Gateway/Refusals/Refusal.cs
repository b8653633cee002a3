using System.Text;
using Postern.Directory.SingleSignOn;

namespace Postern.Gateway.Refusals;

/// <summary>
/// What a person is told when the gateway says no after it knows who asks. The text has the lines that existing clients
/// look for, in both forms they know, and then the code and the cure.
/// </summary>
/// <param name="Code">The stable code.</param>
/// <param name="Fix">One sentence or command that mends it.</param>
public sealed record Refusal(RefusalCode Code, string Fix)
{
    /// <summary>Authentication methods that the sign-in lacks, such as <c>mfa</c> and <c>sso:acme</c>; empty when that is not the reason.</summary>
    public IReadOnlyList<string> Missing { get; init; } = Code == RefusalCode.MfaRequired ? ["mfa"] : [];

    /// <summary>The code as it is shown, such as <c>PST-101</c>.</summary>
    public string CodeText => $"PST-{(int)Code}";

    /// <summary>
    /// The banner for a connection that is refused: LF line ends, no control characters but those.
    /// </summary>
    /// <param name="service">The user name of the connection.</param>
    /// <param name="person">Display name of the person, or null when nobody is to be named.</param>
    /// <param name="userId">The person's id.</param>
    public string Banner(string service, string? person, Guid userId)
    {
        var text = new StringBuilder();
        var who = person is null ? userId.ToString() : Printable(person);
        var shown = Printable(service);
        if (Missing.Count > 0)
        {
            text.Append("Error: Access denied\n")
                .Append($"Service: {shown}\n")
                .Append($"User: {who} ({userId})\n")
                .Append($"Parameters: {{\"amr\":[{string.Join(',', Missing.Select(method => $"\"{method}\""))}]}}\n")
                .Append("Detail: Additional authentication is required:\n");
            foreach (var method in Missing)
            {
                text.Append(SsoMethod.ProviderOf(method) is { } provider
                    ? $"\t - Single sign-on (SSO), provider: \"{provider}\"\n"
                    : "\t - Multifactor authentication (MFA)\n");
            }

            // Older clients know no words for single sign-on; they would take these for a missing second factor alone.
            if (Code == RefusalCode.MfaRequired)
            {
                text.Append(OldForm(who, userId, shown, "access requires MFA"));
            }
        }
        else if (IsAboutTheService)
        {
            text.Append("Error: The service doesn't exist or you do not have access to it.\n")
                .Append($"Service: {shown}\n")
                .Append($"User: {who} ({userId})\n")
                .Append(OldForm(who, userId, shown, "service doesn't exist or you do not have access to it"));
        }
        else
        {
            text.Append($"Error: {Sentence}\n")
                .Append($"Service: {shown}\n");
        }

        return text.Append($"Code: {CodeText}\n").Append($"Fix: {Fix}\n").ToString();
    }

    /// <summary>One line for places that show only one, such as the refusal of a channel.</summary>
    public string Line => $"{Sentence} (Code: {CodeText}. Fix: {Fix})";

    private bool IsAboutTheService => (int)Code is >= 100 and < 200;

    private string Sentence => Code switch
    {
        RefusalCode.NoSuchService or RefusalCode.RoleTooLow => "The service doesn't exist or you do not have access to it.",
        RefusalCode.EnvironmentNotActive => "The environment is not active.",
        RefusalCode.ProjectSuspended => "The project is suspended.",
        RefusalCode.NoSuchInstance => "The app has no such instance.",
        RefusalCode.CertificateExpired => "The SSH certificate has expired or is not valid yet.",
        RefusalCode.CertificateNotTrusted => "The SSH certificate was not issued by this server.",
        RefusalCode.SessionEnded => "The login session of this certificate or connection has ended.",
        RefusalCode.AccountDisabled => "The account is disabled.",
        RefusalCode.AddressNotAllowed => "The SSH certificate may not be used from this network address.",
        RefusalCode.KeyRevoked => "The SSH key or certificate has been revoked.",
        RefusalCode.RevocationUnknown => "Keys and certificates cannot be checked at the moment.",
        RefusalCode.MfaRequired => "Multi-factor authentication is required.",
        RefusalCode.SsoRequired => "Single sign-on (SSO) is required.",
        RefusalCode.CodeWrong => "That code is not right.",
        RefusalCode.CodesLocked => "Too many codes were wrong.",
        RefusalCode.SignInDenied => "The sign-in was denied.",
        RefusalCode.SignInExpired => "Nobody signed in in time.",
        RefusalCode.SignInNotWanted => "No key or certificate of this client is known here, and nobody wants to sign in.",
        RefusalCode.TooManySignIns => "Too many connections wait for a sign-in.",
        RefusalCode.DestinationNotAllowed => "Only the app's own relationships can be reached through a tunnel.",
        RefusalCode.DestinationUnreachable => "The service does not answer.",
        RefusalCode.TargetFailed => "The app or one of its services could not be started.",
        RefusalCode.NotPermittedByCertificate => "The SSH certificate does not permit this.",
        RefusalCode.TooManyConnections => "Too many of your connections are open.",
        _ => "Access denied.",
    };

    /// <summary>Text from outside with everything that could drive a terminal replaced.</summary>
    public static string Printable(string text)
    {
        var printable = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            var isSafe = !Rune.IsControl(rune) && Rune.GetUnicodeCategory(rune) is not
                (System.Globalization.UnicodeCategory.Format or System.Globalization.UnicodeCategory.LineSeparator
                or System.Globalization.UnicodeCategory.ParagraphSeparator or System.Globalization.UnicodeCategory.OtherNotAssigned
                or System.Globalization.UnicodeCategory.PrivateUse);
            printable.Append(isSafe ? rune.ToString() : "?");
        }

        return printable.ToString();
    }

    private static string OldForm(string who, Guid userId, string service, string reason) =>
        $"Hello {who} (UUID: {userId}), you successfully authenticated, but could not connect to service {service} (reason: {reason})\n";
}

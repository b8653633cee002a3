using Postern.Login.Mail;
using Postern.Login.Passwords;

namespace Postern.Server.Configuration;

/// <summary>Reads the settings of mail and of passwords.</summary>
internal static class AccountSettings
{
    /// <summary>The mail server; null when <c>mail.host</c> is not set.</summary>
    public static MailOptions? ReadMail(SettingsReader settings)
    {
        var host = settings.Text("mail.host", "");
        var security = settings.Choice("mail.security", "starttls", "starttls", "tls", "none");
        var port = settings.Number("mail.port", 587, 1, ushort.MaxValue);
        var user = settings.Text("mail.user", "");
        var password = settings.Text("mail.password", "");
        var from = settings.Text("mail.from", "");
        var authorities = settings.FilePath("mail.authority_file", "");
        if (authorities.Length > 0 && !File.Exists(authorities))
        {
            settings.Fault("mail.authority_file", $"there is no file {authorities}");
            authorities = "";
        }

        if (host.Length == 0)
        {
            if (user.Length > 0 || password.Length > 0 || from.Length > 0)
            {
                settings.Fault("mail.host", "is needed with the other settings of mail");
            }

            return null;
        }

        if (!System.Net.Mail.MailAddress.TryCreate(from, out var address) || address.Address != from)
        {
            settings.Fault("mail.from", "is needed with mail.host: the address that mail comes from, such as postern@example.com");
        }

        if (user.Length > 0 != password.Length > 0)
        {
            settings.Fault("mail.user", "and mail.password are given together or not at all");
        }

        if (security == "none" && user.Length > 0)
        {
            settings.Fault("mail.security", "must be starttls or tls with mail.user: the password would go out readable");
        }

        return new MailOptions
        {
            Host = host,
            Port = port,
            Security = security switch { "tls" => MailSecurity.Tls, "none" => MailSecurity.None, _ => MailSecurity.StartTls },
            User = user.Length > 0 ? user : null,
            Password = password.Length > 0 ? password : null,
            From = from,
            AuthorityFile = authorities.Length > 0 ? authorities : null,
        };
    }

    /// <summary>The file of leaked passwords; null when it is not set or not such a file.</summary>
    public static string? ReadBreachedPasswordsFile(SettingsReader settings)
    {
        const string key = "login.breached_passwords_file";
        var path = settings.FilePath(key, "");
        if (path.Length == 0)
        {
            return null;
        }

        try
        {
            BreachedPasswordFile.Open(path);
            return path;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            settings.Fault(key, exception.Message);
            return null;
        }
    }
}

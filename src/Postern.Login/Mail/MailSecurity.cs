namespace Postern.Login.Mail;

/// <summary>How the connection to the mail server is protected.</summary>
public enum MailSecurity
{
    /// <summary>TLS begins after STARTTLS (RFC 3207); a server that does not offer it gets nothing.</summary>
    StartTls,

    /// <summary>TLS from the first byte (RFC 8314 section 3).</summary>
    Tls,

    /// <summary>None: for a relay on the same machine.</summary>
    None,
}

namespace Postern.Login.Mail;

/// <summary>The server that takes our mail (RFC 5321) and the name that mail comes under.</summary>
public sealed record MailOptions
{
    /// <summary>Host name or address of the SMTP server.</summary>
    public required string Host { get; init; }

    /// <summary>Its port: 587 for submission (RFC 6409), 465 with TLS from the start (RFC 8314), 25 for a relay.</summary>
    public int Port { get; init; } = 587;

    /// <summary>How the connection is protected.</summary>
    public MailSecurity Security { get; init; } = MailSecurity.StartTls;

    /// <summary>User name for the server, or null to send without signing in.</summary>
    public string? User { get; init; }

    /// <summary>Password for the server, or null.</summary>
    public string? Password { get; init; }

    /// <summary>The address that mail comes from.</summary>
    public required string From { get; init; }

    /// <summary>File of certificates (PEM) that vouch for the server beside the system's own, or null.</summary>
    public string? AuthorityFile { get; init; }
}

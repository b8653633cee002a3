using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace Postern.Login.Mail;

/// <summary>Sends by SMTP, one connection for each mail: there are few, and a kept connection would be a stale one.</summary>
internal sealed class SmtpTransport(MailOptions options) : IMailTransport
{
    /// <summary>How long the server may take for one step; RFC 5321 section 4.5.3.2 allows minutes, and we try again anyway.</summary>
    private static readonly TimeSpan StepLimit = TimeSpan.FromSeconds(30);

    private readonly X509Certificate2Collection? _authorities = ReadAuthorities(options.AuthorityFile);

    public async Task SendAsync(MimeMessage message, CancellationToken cancellationToken)
    {
        using var client = new SmtpClient
        {
            Timeout = (int)StepLimit.TotalMilliseconds,
            CheckCertificateRevocation = false, // Few mail servers' authorities can be asked from inside a company's network.
        };
        if (_authorities is not null)
        {
            client.ServerCertificateValidationCallback = IsVouchedFor;
        }

        await client.ConnectAsync(options.Host, options.Port, SecurityOf(options.Security), cancellationToken);
        if (options.User is not null)
        {
            await client.AuthenticateAsync(options.User, options.Password ?? "", cancellationToken);
        }

        try
        {
            await client.SendAsync(message, cancellationToken);
        }
        catch (SmtpCommandException e) when (e.ErrorCode == SmtpErrorCode.RecipientNotAccepted && (int)e.StatusCode >= 550)
        {
            throw new MailRefusedException(e.Message, e);
        }

        await client.DisconnectAsync(quit: true, cancellationToken);
    }

    private static SecureSocketOptions SecurityOf(MailSecurity security) => security switch
    {
        MailSecurity.StartTls => SecureSocketOptions.StartTls,
        MailSecurity.Tls => SecureSocketOptions.SslOnConnect,
        _ => SecureSocketOptions.None,
    };

    private static X509Certificate2Collection? ReadAuthorities(string? path)
    {
        if (path is null)
        {
            return null;
        }

        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(path);
        return authorities;
    }

    // The name must fit and the chain must end in one of the operator's certificates, unless the system trusts it anyway.
    private bool IsVouchedFor(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors faults)
    {
        if (faults == SslPolicyErrors.None)
        {
            return true;
        }

        if (faults != SslPolicyErrors.RemoteCertificateChainErrors || certificate is not X509Certificate2 server)
        {
            return false;
        }

        using var own = new X509Chain();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.AddRange(_authorities!);
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        if (chain is not null)
        {
            own.ChainPolicy.ExtraStore.AddRange(chain.ChainPolicy.ExtraStore);
        }

        return own.Build(server);
    }
}

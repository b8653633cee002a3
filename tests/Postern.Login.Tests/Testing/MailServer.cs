using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using MimeKit;
using Postern.Login.Mail;

namespace Postern.Login.Tests.Testing;

/// <summary>
/// A real mail server (Debian's python3-aiosmtpd) on a port of its own. It keeps what it gets in a folder, one file each, with
/// the envelope in front; it refuses the mailbox "refused" for good and "later" for now.
/// </summary>
internal sealed partial class MailServer : IAsyncDisposable
{
    public const string User = "postern";
    public const string Password = "mail server's own";

    private const string Program = """
        import asyncio, os, ssl, sys, uuid
        from aiosmtpd.controller import UnthreadedController
        from aiosmtpd.smtp import AuthResult
        port, folder, security, certificate = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
        class Handler:
            async def handle_RCPT(self, server, session, envelope, address, options):
                if address.startswith('refused@'): return '550 5.1.1 no such mailbox'
                if address.startswith('later@'): return '451 4.3.0 try again later'
                envelope.rcpt_tos.append(address)
                return '250 OK'
            async def handle_DATA(self, server, session, envelope):
                name = os.path.join(folder, uuid.uuid4().hex)
                with open(name + '.part', 'wb') as file:
                    file.write(('\n'.join([envelope.mail_from] + envelope.rcpt_tos) + '\n\n').encode())
                    file.write(envelope.original_content)
                os.rename(name + '.part', name + '.mail')
                return '250 OK'
        def authenticate(server, session, envelope, mechanism, data):
            return AuthResult(success=(data.login, data.password) == (b'postern', b"mail server's own"))
        context = None
        if security != 'none':
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
        options = {'hostname': '127.0.0.1', 'port': port}
        if security == 'tls': options.update(ssl_context=context)
        if security == 'starttls': options.update(tls_context=context, require_starttls=True, authenticator=authenticate, auth_required=True)
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        controller = UnthreadedController(Handler(), loop=loop, **options)
        controller.begin()
        loop.run_forever()
        """;

    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("postern-mail-").FullName;
    private Process? _process;

    private MailServer(int port) => Port = port;

    public int Port { get; }

    /// <summary>The server's own certificate, which nobody else vouches for.</summary>
    public string Certificate => Path.Combine(_folder, "certificate.pem");

    /// <summary>The settings that reach this server.</summary>
    public MailOptions Options(MailSecurity security = MailSecurity.None) =>
        new() { Host = "127.0.0.1", Port = Port, Security = security, From = "postern@postern.example" };

    public static async Task<MailServer> StartAsync(string security = "none", int? port = null)
    {
        var server = new MailServer(port ?? Ports.Free());
        server.MakeCertificate();
        var start = new ProcessStartInfo("/usr/bin/python3") { RedirectStandardError = true };
        foreach (var argument in (string[])["-c", Program, $"{server.Port}", server._folder, security, server.Certificate])
        {
            start.ArgumentList.Add(argument);
        }

        server._process = Process.Start(start)!;
        while (!await server.IsListeningAsync())
        {
            if (server._process.HasExited)
            {
                throw new InvalidOperationException("apt-get install python3-aiosmtpd; it ended with: " + await server._process.StandardError.ReadToEndAsync());
            }

            await Task.Delay(20);
        }

        return server;
    }

    /// <summary>What came, the oldest first.</summary>
    public IReadOnlyList<ReceivedMail> Received() =>
        [.. new DirectoryInfo(_folder).GetFiles("*.mail").OrderBy(file => file.LastWriteTimeUtc).Select(Read)];

    /// <summary>Waits until a mail whose subject has this text came, and returns it.</summary>
    public async Task<ReceivedMail> WaitForAsync(string recipient, string subject)
    {
        for (var attempt = 0; attempt < 3000; attempt++)
        {
            if (Received().LastOrDefault(mail => mail.Recipients.Contains(recipient) && mail.Message.Subject!.Contains(subject, StringComparison.Ordinal)) is { } found)
            {
                return found;
            }

            await Task.Delay(20);
        }

        throw new TimeoutException($"no mail '{subject}' came for {recipient}; there are: {string.Join("; ", Received().Select(m => m.Message.Subject))}");
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        System.IO.Directory.Delete(_folder, recursive: true);
    }

    private static ReceivedMail Read(FileInfo file)
    {
        var text = File.ReadAllText(file.FullName);
        var end = text.IndexOf("\n\n", StringComparison.Ordinal);
        var envelope = text[..end].Split('\n');
        using var content = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text[(end + 2)..]));
        var message = MimeMessage.Load(content);
        return new ReceivedMail(envelope[0], [.. envelope[1..]], message, Link().Match(message.TextBody!).Value);
    }

    private async Task<bool> IsListeningAsync()
    {
        using var socket = new TcpClient();
        try
        {
            await socket.ConnectAsync("127.0.0.1", Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        File.WriteAllText(Certificate, certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n");
    }

    [GeneratedRegex(@"https?://\S+token=\S+", RegexOptions.None, 1000)]
    private static partial Regex Link();
}

using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Postern.Testing;

namespace Postern.Cli.Tests.Testing;

/// <summary>The machine's own sshd in the place of the gateway: trusts the authority, knows the relationships.</summary>
internal sealed class OpenSshServer : IAsyncDisposable
{
    public const string HostName = "ssh.local.postern.test";
    private readonly string _directory = Directory.CreateTempSubdirectory("postern-sshd-").FullName;
    private readonly string _userId;
    private Process? _process;

    public OpenSshServer(CertificateAuthority authority, string userId, JsonObject relationships)
    {
        _userId = userId;
        Port = Ports.Free();
        Tool.Require("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", Path.Combine(_directory, "host"));
        Directory.CreateDirectory("/run/sshd");
        File.WriteAllText(Path.Combine(_directory, "principals"), userId + "\n");
        File.WriteAllText(
            Path.Combine(_directory, "sshd_config"),
            $"""
            ListenAddress 127.0.0.1
            Port {Port}
            HostKey {_directory}/host
            TrustedUserCAKeys {authority.PublicKeyFile}
            AuthorizedPrincipalsFile {_directory}/principals
            AuthorizedKeysFile none
            PidFile none
            StrictModes no
            UsePAM no
            PermitRootLogin yes
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            PrintMotd no
            SetEnv PLATFORM_RELATIONSHIPS={Convert.ToBase64String(Encoding.UTF8.GetBytes(relationships.ToJsonString()))}

            """);
        Start();
    }

    public int Port { get; }

    public string User => Environment.UserName;

    /// <summary>The line for ssh.host_keys.</summary>
    public string HostKeyLine => $"{HostName} {string.Join(' ', File.ReadAllText(Path.Combine(_directory, "host.pub")).Split(' ')[..2])}";

    /// <summary>The lines for ssh.options.</summary>
    public JsonArray Options => ["HostName 127.0.0.1", $"Port {Port}", $"HostKeyAlias {HostName}"];

    public void Start()
    {
        var info = new ProcessStartInfo("/usr/sbin/sshd", ["-D", "-e", "-f", Path.Combine(_directory, "sshd_config")]) { RedirectStandardError = true };
        _process = Process.Start(info)!;
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginErrorReadLine();
        var started = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using var probe = new TcpClient();
                probe.Connect(IPAddress.Loopback, Port);
                return;
            }
            catch (SocketException) when (started.Elapsed < TimeSpan.FromMinutes(1))
            {
                Thread.Yield();
            }
        }
    }

    /// <summary>Ends the server and every connection, as a crash of the machine does.</summary>
    public void Kill()
    {
        _process!.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Lets no certificate in any more.</summary>
    public void Forbid() => File.WriteAllText(Path.Combine(_directory, "principals"), "nobody\n");

    public void Allow() => File.WriteAllText(Path.Combine(_directory, "principals"), _userId + "\n");

    public ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            Kill();
        }

        Directory.Delete(_directory, recursive: true);
        return ValueTask.CompletedTask;
    }
}

using Postern.Testing;

namespace Postern.Interop;

/// <summary>The clients of the matrix.</summary>
public static class Clients
{
    private static readonly string Drivers = Path.Combine(Repository.Root, "tests", "Interop", "clients");
    private static readonly string Built = Path.Combine(Repository.Root, "artifacts", "interop");

    /// <summary>Debian's own Python: its modules are what apt installs.</summary>
    private const string Python = "/usr/bin/python3";

    /// <summary>The stock client of Debian 12.</summary>
    public static Client OpenSsh { get; } = new()
    {
        Id = "openssh",
        Title = "OpenSSH",
        Version = "9.2p1",
        Driver = [Python, Path.Combine(Drivers, "commands", "driver.py")],
        VersionCommand = ["ssh", "-V"],
        UsesCertificate = true,
        Lacks = [Scenarios.SendSignal],
        KilledStatus = 255,
        DeniedWords = "Permission denied (publickey).",
        WrongHostWords = "Host key verification failed.",
    };

    /// <summary>The newest stock client, of Debian 13.</summary>
    public static Client OpenSsh10 { get; } = OpenSsh with
    {
        Id = "openssh10",
        Title = "OpenSSH of Debian 13",
        Version = "10.0p2",
        VersionCommand = [Path.Combine(Built, "openssh10", "ssh"), "-V"],
    };

    /// <summary>PuTTY's command-line programs, which share their engine with PuTTY and WinSCP.</summary>
    public static Client Plink { get; } = new()
    {
        Id = "plink",
        Title = "PuTTY (plink, psftp, pscp)",
        Version = "0.78",
        Driver = OpenSsh.Driver,
        VersionCommand = ["plink", "-V"],
        UsesCertificate = true,
        Lacks = [Scenarios.SendSignal, Scenarios.Editor],
        KilledStatus = 128,
        DeniedWords = "No supported authentication methods available (server sent: publickey)",
        WrongHostWords = "Host key not in manually configured list",
    };

    /// <summary>The client of small machines.</summary>
    public static Client Dropbear { get; } = new()
    {
        Id = "dropbear",
        Title = "Dropbear (dbclient)",
        Version = "2022.83",
        Driver = OpenSsh.Driver,
        VersionCommand = ["dbclient", "-V"],
        Lacks = [Scenarios.SendSignal, Scenarios.Environment, Scenarios.Rekey, Scenarios.Socks, Scenarios.Sessions, Scenarios.Editor],

        // It does not look at the message that says so.
        KilledStatus = 0,
        DeniedWords = "No auth methods could be used.",
        WrongHostWords = "host key mismatch",
    };

    /// <summary>Python, on asyncio.</summary>
    public static Client AsyncSsh { get; } = new()
    {
        Id = "asyncssh",
        Title = "asyncssh",
        Version = "2.10.1",
        Driver = [Python, Path.Combine(Drivers, "asyncssh", "driver.py")],
        VersionCommand = [Python, "-W", "ignore", "-c", "import asyncssh; print(asyncssh.__version__)"],
        UsesCertificate = true,
        Lacks = [Scenarios.Socks, Scenarios.Editor],
        KilledStatus = -1,
        KilledSignal = "TERM",
        DeniedWords = "Permission denied",
        WrongHostWords = "Host key is not trusted",
    };

    /// <summary>Node, and what editors in it use.</summary>
    public static Client Ssh2 { get; } = new()
    {
        Id = "ssh2",
        Title = "node ssh2, ssh2-sftp-client",
        Version = "1.17.0",
        Driver = ["node", Path.Combine(Drivers, "ssh2", "driver.js")],
        VersionCommand = ["node", "-p", $"require('{Built}/ssh2/node_modules/ssh2/package.json').version"],
        Lacks = [Scenarios.Socks, Scenarios.Editor],
        KilledSignal = "SIGTERM",
        DeniedWords = "All configured authentication methods failed",
        WrongHostWords = "Host denied (verification failed)",
    };

    /// <summary>Go, and what is written in it.</summary>
    public static Client Go { get; } = new()
    {
        Id = "go",
        Title = "Go x/crypto/ssh",
        Version = "0.4.0",
        Driver = [Path.Combine(Built, "go-driver")],
        VersionCommand = ["dpkg-query", "-W", "-f", "${Version}", "golang-golang-x-crypto-dev"],
        UsesCertificate = true,
        Lacks = [Scenarios.Files, Scenarios.Socks, Scenarios.Editor],
        KilledStatus = 143,
        KilledSignal = "TERM",
        DeniedWords = "unable to authenticate",
        WrongHostWords = "no authorities for hostname",
    };

    /// <summary>Python, on threads.</summary>
    public static Client Paramiko { get; } = new()
    {
        Id = "paramiko",
        Title = "paramiko",
        Version = "2.12.0",
        Driver = [Python, Path.Combine(Drivers, "paramiko", "driver.py")],
        VersionCommand = [Python, "-W", "ignore", "-c", "import paramiko; print(paramiko.__version__)"],
        UsesCertificate = true,
        Lacks = [Scenarios.SendSignal, Scenarios.Socks, Scenarios.Editor],
        KilledStatus = -1,
        DeniedWords = "Authentication failed.",
        WrongHostWords = "does not match",
    };

    /// <summary>Java, and what DBeaver and other tools in it use.</summary>
    public static Client JSch { get; } = new()
    {
        Id = "jsch",
        Title = "JSch",
        Version = "0.1.55",
        Driver = ["java", "-cp", "/usr/share/java/jsch.jar:" + Path.Combine(Built, "jsch"), "Driver"],
        VersionCommand = ["dpkg-query", "-W", "-f", "${Version}", "libjsch-java"],
        Lacks = [Scenarios.Socks, Scenarios.Editor],
        KilledStatus = -1,
        DeniedWords = "Auth fail",
        WrongHostWords = "REMOTE HOST IDENTIFICATION HAS CHANGED",
    };

    /// <summary>Ruby, and what deploys with it.</summary>
    public static Client NetSsh { get; } = new()
    {
        Id = "net-ssh",
        Title = "Ruby net-ssh, net-sftp, net-scp",
        Version = "7.0.1",
        Driver = ["ruby", Path.Combine(Drivers, "net-ssh", "driver.rb")],
        VersionCommand = ["ruby", "-e", "require 'net/ssh'; puts Net::SSH::Version::STRING"],
        Lacks = [Scenarios.SendSignal, Scenarios.Socks, Scenarios.Editor],
        KilledSignal = "TERM",
        DeniedWords = "Authentication failed for user",
        WrongHostWords = "does not match",
    };

    /// <summary>C: curl, and Perl's binding.</summary>
    public static Client LibSsh2 { get; } = new()
    {
        Id = "libssh2",
        Title = "libssh2 (Net::SSH2, curl)",
        Version = "1.10.0",
        Driver = ["perl", Path.Combine(Drivers, "libssh2", "driver.pl")],
        VersionCommand = ["perl", "-MNet::SSH2", "-e", "print scalar Net::SSH2->version"],
        Lacks = [Scenarios.SendSignal, Scenarios.Rekey, Scenarios.Socks, Scenarios.Agent, Scenarios.Editor],
        KilledStatus = 0,
        KilledSignal = "TERM",
        ShowsReason = false,
        DeniedWords = "bad username/public key combination",
        WrongHostWords = "Host key verification failed",
    };

    /// <summary>All of them, in the order of the table in docs/clients.md.</summary>
    public static IReadOnlyList<Client> All { get; } = [OpenSsh, OpenSsh10, Plink, Dropbear, AsyncSsh, Paramiko, Ssh2, JSch, NetSsh, LibSsh2, Go];
}

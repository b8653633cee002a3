using System.Net;
using Postern.Bench.Clients;

namespace Postern.Bench;

/// <summary>Starts a real sshd with a configuration of its own.</summary>
internal static class OpenSshServer
{
    public static async Task<ServerUnderTest> StartAsync(string folder, int tunnelPort)
    {
        System.IO.Directory.CreateDirectory(folder);
        System.IO.Directory.CreateDirectory("/run/sshd");
        var port = ServerUnderTest.FreePort();
        foreach (var name in new[] { "host", "user" })
        {
            await Shell.RunAsync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", Path.Combine(folder, name)]);
        }

        File.Copy(Path.Combine(folder, "user.pub"), Path.Combine(folder, "authorized_keys"));

        // Debian's bash reads ~/.bashrc in commands of sshd too: what a person has there is neither's work, and there is none here.
        var configuration = Path.Combine(folder, "sshd_config");
        await File.WriteAllTextAsync(configuration, $"""
            ListenAddress 127.0.0.1
            Port {port}
            HostKey {folder}/host
            AuthorizedKeysFile {folder}/authorized_keys
            PidFile none
            StrictModes no
            UsePAM no
            PermitRootLogin yes
            MaxStartups 500:30:1000
            PasswordAuthentication no
            SetEnv HOME={folder}
            Subsystem sftp /usr/lib/openssh/sftp-server
            """);
        var process = Shell.StartLogged("/usr/sbin/sshd", ["-D", "-e", "-f", configuration], Path.Combine(folder, "log"));
        await ServerUnderTest.WaitForPortAsync(port, process);
        string[] options =
        [
            "-F", "none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
            "-o", "LogLevel=ERROR", "-o", "IdentitiesOnly=yes", "-i", Path.Combine(folder, "user"), "-p", $"{port}",
            "-o", "KexAlgorithms=curve25519-sha256", $"{Environment.UserName}@127.0.0.1",
        ];
        var engine = ClientTarget.FromFiles(
            new IPEndPoint(IPAddress.Loopback, port), Environment.UserName, Path.Combine(folder, "user"), null, ServerUnderTest.Algorithms);
        return new ServerUnderTest("sshd", process, options, CountsDescendants: true, tunnelPort, engine);
    }
}

using Postern.Testing;

namespace Postern.EndToEnd;

/// <summary>
/// The newest client people have: OpenSSH 10 of Debian 13, in a root that test.sh makes (POSTERN_DEBIAN13).
/// </summary>
[Collection(InstallationCollection.Name)]
public sealed class NewestOpenSshTests(Installation installation)
{
    private static readonly string Root = Environment.GetEnvironmentVariable("POSTERN_DEBIAN13") ?? "/var/cache/postern/debian13";

    [Fact]
    public async Task OpenSsh10_EntersWithTheCertificateAndKeepsStatusAndData()
    {
        var version = await Programs.RunAsync("chroot", [Root, "ssh", "-V"]);
        Assert.StartsWith("OpenSSH_10", version.Error, StringComparison.Ordinal);

        var certificate = await installation.Contributor.ReadPosternAsync("ssh-cert:info", "-P", "filename");
        var inside = $"/root/{Path.GetRandomFileName()}";
        Directory.CreateDirectory(Root + inside);
        try
        {
            foreach (var name in new[] { "id_ed25519", "id_ed25519.pub", "id_ed25519-cert.pub" })
            {
                File.Copy(Path.Combine(Path.GetDirectoryName(certificate)!, name), Root + Path.Combine(inside, name));
            }

            string[] arguments =
            [
                Root, "ssh", "-F", "none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
                "-o", "HostName=127.0.0.1", "-p", $"{installation.Postern.SshPort}", "-i", inside + "/id_ed25519", Installation.Destination,
            ];
            var result = await Programs.RunAsync("chroot", [.. arguments, "cat; hostname; exit 9"], input: new string('y', 3_000_000) + "\n");
            Assert.Equal(9, result.ExitCode);
            Assert.Equal(3_000_001 + "app.0\n".Length, result.Output.Length);
        }
        finally
        {
            Directory.Delete(Root + inside, recursive: true);
        }
    }
}

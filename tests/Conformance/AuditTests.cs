using System.Diagnostics;
using System.Text.RegularExpressions;
using Postern.Ssh.Keys;
using Postern.Ssh.Server;
using Postern.Ssh.Transport;

namespace Conformance;

/// <summary>
/// What ssh-audit says of us (docs/clients.md): nothing but what older clients need, and nothing at all when the
/// operator leaves that out.
/// </summary>
public sealed partial class AuditTests
{
    [Fact]
    public async Task Defaults_FailForTheCurvesOfOlderClientsOnly()
    {
        var (failed, warned) = await AuditAsync(AlgorithmCatalogue.Default);
        Assert.Equal(["ecdh-sha2-nistp256", "ecdh-sha2-nistp384", "ecdh-sha2-nistp521", "ecdsa-sha2-nistp256"], failed);

        // Encrypt-and-MAC for paramiko, JSch and the tools on them.
        Assert.Equal(["hmac-sha2-256", "hmac-sha2-512"], warned.Except(failed));
    }

    [Fact]
    public async Task WithoutWhatOlderClientsNeed_ThereIsNothingToSay()
    {
        var all = AlgorithmCatalogue.Default;
        var (failed, warned) = await AuditAsync(new AlgorithmCatalogue(
            [.. all.KeyExchanges.Where(name => !name.StartsWith("ecdh", StringComparison.Ordinal))],
            all.Ciphers,
            [.. all.Macs.Where(name => name.EndsWith("-etm@openssh.com", StringComparison.Ordinal))],
            ["ssh-ed25519", "rsa-sha2-512", "rsa-sha2-256"],
            all.UserSignatures));
        Assert.Empty(failed);
        Assert.Empty(warned);
    }

    // Host keys as a new installation has them.
    private static async Task<(List<string> Failed, List<string> Warned)> AuditAsync(AlgorithmCatalogue algorithms)
    {
        using var key = Ed25519PrivateKey.Generate();
        using var ecdsa = EcdsaPrivateKey.Generate("ecdsa-sha2-nistp256");
        using var rsa = RsaPrivateKey.Generate(3072);
        await using var server = new EngineServer(new ServerConfig
        {
            HostKeys = [new HostKey(key), new HostKey(ecdsa), new HostKey(rsa)],
            Algorithms = algorithms,
        });
        var start = new ProcessStartInfo("ssh-audit", ["-n", "-p", $"{server.Port}", "127.0.0.1"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var result = await OpenSsh.RunAsync(start, []);
        Assert.Contains("(kex) curve25519-sha256", result.Text, StringComparison.Ordinal);
        Assert.Contains("(key) rsa-sha2-512 (3072-bit)", result.Text, StringComparison.Ordinal);
        return (NamesOf("fail"), NamesOf("warn"));

        List<string> NamesOf(string level)
        {
            var names = new List<string>();
            var name = "";
            foreach (var line in result.Text.Split('\n'))
            {
                // An algorithm's further remarks follow on lines of their own.
                if (AlgorithmLine().Match(line) is { Success: true } match)
                {
                    name = match.Groups[1].Value;
                }

                // The marker is newer than ssh-audit of Debian 12.
                if (line.Contains($"[{level}]", StringComparison.Ordinal)
                    && !names.Contains(name)
                    && name != "kex-strict-s-v00@openssh.com")
                {
                    names.Add(name);
                }
            }

            return names;
        }
    }

    [GeneratedRegex(@"^\((?:kex|key|enc|mac)\) (\S+)")]
    private static partial Regex AlgorithmLine();
}

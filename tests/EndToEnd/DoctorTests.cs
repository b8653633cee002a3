namespace Postern.EndToEnd;

/// <summary>The doctor at a running installation.</summary>
[Collection(InstallationCollection.Name)]
public sealed class DoctorTests(Installation installation)
{
    [Fact]
    public async Task Doctor_AtAHealthyInstallation_FindsEveryKeyCertified()
    {
        var result = await installation.Postern.TryOperateAsync("doctor");
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.DoesNotContain(result.Output.Split('\n'), line => line.StartsWith("fail", StringComparison.Ordinal));
        foreach (var expected in new[] { "configuration", "data directory", "master key", "database", "certificate authorities" })
        {
            Assert.Contains($"ok    {expected}: ", result.Output, StringComparison.Ordinal);
        }

        foreach (var type in new[] { "ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa" })
        {
            Assert.Contains($"ok    host key: {type} SHA256:", result.Output, StringComparison.Ordinal);
            Assert.Contains($"ok    host certificate: {type} for ", result.Output, StringComparison.Ordinal);
        }

        Assert.Contains("  key exchange: ", result.Output, StringComparison.Ordinal);
        Assert.Contains("  clock: ", result.Output, StringComparison.Ordinal);
    }
}

using System.Security.Cryptography;
using Postern.Server.Composition;
using Postern.Server.Doctor;
using Postern.Ssh.Keys;
using Postern.Ssh.Transport;

namespace Postern.Server.Tests.Doctor;

public sealed class DoctorTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("postern-doctor-").FullName;

    public void Dispose() => System.IO.Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(0x30000110L, "3.0.17")]
    [InlineData(0x30500010L, "3.5.1")]
    [InlineData(0x1010117fL, "1.1.23")]
    public void OpenSslsNumber_IsAVersion(long number, string version) =>
        Assert.Equal(Version.Parse(version), AlgorithmCheck.VersionOf(number));

    [Fact]
    public void PostQuantum_ThatIsMissing_IsAWarningWithItsReason()
    {
        var without = new AlgorithmCatalogue(
            ["curve25519-sha256"], AlgorithmCatalogue.Default.Ciphers, AlgorithmCatalogue.Default.Macs, AlgorithmCatalogue.Default.HostKeys, AlgorithmCatalogue.Default.UserSignatures);
        var old = AlgorithmCheck.Run(without, hasMLKem: false, new Version(3, 0, 17));
        Assert.Equal(FindingLevel.Warn, old.Level);
        Assert.Contains("OpenSSL 3.0.17 has no ML-KEM", old.Text, StringComparison.Ordinal);
        Assert.Contains("OpenSSH 10.1", old.Text, StringComparison.Ordinal);

        var leftOut = AlgorithmCheck.Run(without, hasMLKem: true, new Version(3, 5, 1));
        Assert.Equal(FindingLevel.Warn, leftOut.Level);
        Assert.Contains("ssh.algorithms.key_exchange", leftOut.Fix, StringComparison.Ordinal);

        var here = AlgorithmCheck.Run(AlgorithmCatalogue.Default, MLKem.IsSupported, AlgorithmCheck.OpenSsl);
        Assert.Equal(MLKem.IsSupported ? FindingLevel.Ok : FindingLevel.Warn, here.Level);
    }

    [Fact]
    public void DataDirectory_IsLookedAtAndLeftAsItIs()
    {
        Assert.Equal(FindingLevel.Ok, StorageCheck.DataDirectory(_folder).Level);
        Assert.Empty(System.IO.Directory.GetFileSystemEntries(_folder));
        Assert.Equal(FindingLevel.Fail, StorageCheck.DataDirectory(Path.Combine(_folder, "none")).Level);
        Assert.False(System.IO.Directory.Exists(Path.Combine(_folder, "none")));
        File.SetUnixFileMode(_folder, File.GetUnixFileMode(_folder) | UnixFileMode.OtherWrite);
        Assert.Contains("chmod go-w", StorageCheck.DataDirectory(_folder).Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void HostKeys_MissingBrokenAndReadableByOthers_AreTold()
    {
        Assert.All(HostKeyCheck.Files(_folder), finding => Assert.Equal(FindingLevel.Warn, finding.Level));
        foreach (var key in HostKeyFiles.OpenOrCreate(_folder))
        {
            key.Dispose();
        }

        Assert.All(HostKeyCheck.Files(_folder), finding => Assert.Equal(FindingLevel.Ok, finding.Level));
        var (ed25519, ecdsa, rsa) = (HostKeyFiles.Paths(_folder).First(), HostKeyFiles.Paths(_folder).ElementAt(1), HostKeyFiles.Paths(_folder).Last());
        File.SetUnixFileMode(ed25519, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        File.Copy(rsa, ecdsa, overwrite: true);
        File.WriteAllText(rsa, "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n");
        var findings = HostKeyCheck.Files(_folder).ToList();
        Assert.All(findings, finding => Assert.Equal(FindingLevel.Fail, finding.Level));
        Assert.Contains("chmod 600", findings[0].Text, StringComparison.Ordinal);
        Assert.Contains("of type ssh-rsa and not ecdsa-sha2-nistp256", findings[1].Text, StringComparison.Ordinal);
        Assert.Contains("cannot be used", findings[2].Text, StringComparison.Ordinal);
        Assert.Throws<IOException>(() => HostKeyFiles.OpenOrCreate(_folder));
    }

    [Fact]
    public void HostKeys_OfAnOlderInstallation_GetTheMissingOnesAndKeepTheirOwn()
    {
        using var old = Ed25519PrivateKey.Generate();
        var path = HostKeyFiles.Paths(_folder).First();
        File.WriteAllBytes(path, OpenSshPrivateKeyFile.Write(old, "old"));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        for (var start = 0; start < 2; start++)
        {
            var keys = HostKeyFiles.OpenOrCreate(_folder);
            Assert.Equal(["ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa"], keys.Select(key => key.PublicKey.Type));
            Assert.Equal(old.PublicKey, keys[0].PublicKey);
            Assert.Equal(3072, ((RsaPublicKey)keys[2].PublicKey).Bits);
            Assert.All(HostKeyFiles.Paths(_folder), file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
            foreach (var key in keys)
            {
                key.Dispose();
            }
        }

        Assert.Equal(3, System.IO.Directory.GetFiles(_folder).Length);
    }

    [Theory]
    [InlineData(29, 0)]
    [InlineData(3, 1)]
    [InlineData(-1, 2)]
    public void HostCertificate_IsJudgedByWhatIsLeft(int days, int level)
    {
        using var authority = Ed25519PrivateKey.Generate();
        using var random = RandomNumberGenerator.Create();
        var certificate = new CertificateBuilder(authority, random).Sign(new CertificateStatement
        {
            Key = authority.PublicKey,
            Type = CertificateType.Host,
            Serial = 1,
            KeyId = "host",
            Principals = ["ssh.local.postern.test"],
            ValidAfter = 0,
            ValidBefore = (ulong)Now.AddDays(days).ToUnixTimeSeconds(),
        });
        var line = $"{certificate.Type} {Convert.ToBase64String(certificate.Blob.Span)}";
        Assert.Equal((FindingLevel)level, HostKeyCheck.OfLine(line, Now)?.Level);
        Assert.Equal((FindingLevel)level, HostKeyCheck.OfLine("[127.0.0.1]:2222 " + line, Now)?.Level);
        Assert.Null(HostKeyCheck.OfLine("# 127.0.0.1:2222 SSH-2.0-Postern", Now));
    }

    [Fact]
    public void Clock_BehindACertificateOrKeptByNobody_IsTold()
    {
        Assert.Equal(FindingLevel.Ok, ClockCheck.Judge(Now, Now.AddSeconds(-1), isSynchronized: true).Level);
        Assert.Equal(FindingLevel.Ok, ClockCheck.Judge(Now, null, isSynchronized: true).Level);
        Assert.Equal(FindingLevel.Warn, ClockCheck.Judge(Now, null, isSynchronized: false).Level);
        Assert.Equal(FindingLevel.Fail, ClockCheck.Judge(Now, Now.AddHours(1), isSynchronized: true).Level);
    }
}

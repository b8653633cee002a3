using Postern.Ssh.Keys;

namespace Postern.Authority.Tests;

/// <summary>Items 17, 21 and 29 as a stock <c>ssh</c> and <c>sshd</c> see them: both sides trust our authorities and nothing else.</summary>
public sealed class OpenSshTests : IDisposable
{
    private readonly AuthorityFixture _fixture = new();

    // The real programs have the real time.
    public OpenSshTests() => _fixture.Time.Now = TimeProvider.System.GetUtcNow();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Login_WithOurCertificatesOnBothSides_AsksNothingAndHolds()
    {
        var authority = await _fixture.InitializedAsync();
        var request = NewLogin();
        Write("id-cert.pub", await IssueAsync(authority, request));
        using var server = await StartServerAsync(authority, request.UserId, TimeSpan.FromDays(1));

        Assert.Equal((7, "hello"), Ssh(server, "echo hello; exit 7"));

        // Expired: an hour later by the authority's clock it is signed as of two hours ago.
        _fixture.Time.Now -= TimeSpan.FromHours(2);
        Write("id-cert.pub", await IssueAsync(authority, request));
        AssertRefused(server, "Permission denied (publickey");

        // Somebody else's.
        _fixture.Time.Now += TimeSpan.FromHours(2);
        Write("id-cert.pub", await IssueAsync(authority, request with { UserId = Guid.NewGuid() }));
        AssertRefused(server, "Permission denied (publickey");

        // Pinned to where we are, and to where we are not.
        Write("id-cert.pub", await IssueAsync(authority, request with { SourceAddress = "127.0.0.0/8" }));
        Assert.Equal((0, "hello"), Ssh(server, "echo hello"));
        Write("id-cert.pub", await IssueAsync(authority, request with { SourceAddress = "10.0.0.0/8" }));
        AssertRefused(server, "Permission denied (publickey");

        // Signed by a key that the server has not heard of yet, which is why both lists overlap in a rotation.
        await authority.RotateAsync(AuthorityPurpose.UserCertificates, CancellationToken.None);
        Write("id-cert.pub", await IssueAsync(authority, request));
        AssertRefused(server, "Permission denied (publickey");
        WriteTrusted(authority);
        Assert.Equal((0, "hello"), Ssh(server, "echo hello"));
    }

    // Security 24: sshd honours the list that we write, for a serial and for a retired authority.
    [Fact]
    public async Task Login_WithARevokedCertificate_IsRefusedByServersThatHaveOurList()
    {
        var authority = await _fixture.InitializedAsync();
        var request = NewLogin();
        var first = await IssueAsync(authority, request);
        Write("id-cert.pub", first);
        WriteRevoked(authority);
        using var server = await StartServerAsync(authority, request.UserId, TimeSpan.FromDays(1), configuration: ["RevokedKeys " + _fixture.PathOf("revoked")]);
        Assert.Equal((0, "hello"), Ssh(server, "echo hello"));

        WriteRevoked(authority, first);
        AssertRefused(server, "Permission denied (publickey");
        Write("id-cert.pub", await IssueAsync(authority, request));
        Assert.Equal((0, "hello"), Ssh(server, "echo hello"));

        // The server goes on trusting the old authority; only the list tells it better.
        var oldKey = authority.Keys.Single(k => k.Purpose == AuthorityPurpose.UserCertificates);
        await authority.RotateAsync(AuthorityPurpose.UserCertificates, CancellationToken.None);
        Assert.True(await authority.RetireAsync(oldKey.Id, CancellationToken.None));
        WriteRevoked(authority);
        AssertRefused(server, "Permission denied (publickey");
    }

    [Fact]
    public async Task HostCertificate_OfAnotherHost_IsRefusedByTheClient()
    {
        var authority = await _fixture.InitializedAsync();
        var request = NewLogin();
        Write("id-cert.pub", await IssueAsync(authority, request));
        using var server = await StartServerAsync(authority, request.UserId, TimeSpan.FromDays(1), "other.example.com");
        AssertRefused(server, "Host key verification failed");
    }

    private UserCertificateRequest NewLogin()
    {
        _fixture.SshKeygen("-q", "-t", "ed25519", "-N", "", "-f", _fixture.PathOf("id"));
        return _fixture.NewRequest(File.ReadAllText(_fixture.PathOf("id.pub")));
    }

    private async Task<OpenSshServer> StartServerAsync(CertificateAuthority authority, Guid userId, TimeSpan lifetime, string host = "127.0.0.1", params string[] configuration)
    {
        using var hostKey = Ed25519PrivateKey.Generate();
        var path = _fixture.PathOf("host");
        File.WriteAllBytes(path, OpenSshPrivateKeyFile.Write(hostKey, "host"));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var outcome = await authority.SignHostCertificateAsync(hostKey.PublicKey, [host], lifetime, CancellationToken.None);
        Write("host-cert.pub", Assert.IsType<SigningOutcome.Issued>(outcome).Certificate);
        WriteTrusted(authority);
        File.WriteAllText(_fixture.PathOf("principals"), userId.ToString("D") + "\n");
        var server = await OpenSshServer.StartAsync(
            Path.GetDirectoryName(path)!,
            [
                $"HostKey {path}",
                $"HostCertificate {path}-cert.pub",
                $"TrustedUserCAKeys {_fixture.PathOf("trusted")}",
                $"AuthorizedPrincipalsFile {_fixture.PathOf("principals")}",
                "AuthorizedKeysFile none",
                "PermitRootLogin prohibit-password",
                .. configuration,
            ]);
        File.WriteAllLines(_fixture.PathOf("known_hosts"), authority.HostAuthorityLines([$"[127.0.0.1]:{server.Port}"]));
        return server;
    }

    private (int ExitCode, string Output) Ssh(OpenSshServer server, string command) => _fixture.Run(
        "ssh",
        "-F", "none",
        "-o", "BatchMode=yes",
        "-o", "StrictHostKeyChecking=yes",
        "-o", "GlobalKnownHostsFile=none",
        "-o", "IdentitiesOnly=yes",
        "-o", "IdentityAgent=none",
        "-o", "UserKnownHostsFile=" + _fixture.PathOf("known_hosts"),
        "-i", _fixture.PathOf("id"),
        "-o", "CertificateFile=" + _fixture.PathOf("id-cert.pub"),
        "-p", server.Port.ToString(),
        $"{Environment.UserName}@127.0.0.1",
        command);

    private void AssertRefused(OpenSshServer server, string reason)
    {
        var (exitCode, output) = Ssh(server, "echo hello");
        Assert.Equal(255, exitCode);
        Assert.Contains(reason, output, StringComparison.Ordinal);
    }

    private void WriteTrusted(CertificateAuthority authority) =>
        File.WriteAllLines(_fixture.PathOf("trusted"), authority.TrustedUserAuthorities.Select(k => k.ToAuthorizedKey()));

    private void WriteRevoked(CertificateAuthority authority, params Certificate[] certificates) =>
        File.WriteAllBytes(
            _fixture.PathOf("revoked"),
            RevokedCertificateList.Write(authority.Keys, [.. certificates.Select(c => (long)c.Serial)], _fixture.Time.Now));

    private void Write(string name, Certificate certificate) => File.WriteAllText(_fixture.PathOf(name), certificate.ToAuthorizedKey() + "\n");

    private static async Task<Certificate> IssueAsync(CertificateAuthority authority, UserCertificateRequest request) =>
        Assert.IsType<SigningOutcome.Issued>(await authority.SignUserCertificateAsync(request, CancellationToken.None)).Certificate;
}

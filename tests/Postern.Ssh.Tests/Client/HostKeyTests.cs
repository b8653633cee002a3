using Postern.Ssh.Client;
using Postern.Ssh.Keys;
using Postern.Ssh.Messages;
using Postern.Ssh.Server;
using Postern.Ssh.Tests.Fixtures;

namespace Postern.Ssh.Tests.Client;

/// <summary>Security 44: only a key that is known to be right lets the client go on; every doubt stops it.</summary>
public sealed class HostKeyTests
{
    private static readonly Ed25519PrivateKey Authority = Ed25519PrivateKey.Generate();

    [Fact]
    public async Task KeyThatIsNotKnown_IsRefused_AndNothingIsProved()
    {
        await using var fixture = new ClientFixture();
        var host = new KnownHost("gate.example", [((ISigner)Authority).PublicKey], [], TimeProvider.System);
        var failure = await Assert.ThrowsAsync<ConnectFailedException>(
            () => fixture.ConnectAsync(ClientFixture.Config with { HostKeys = host }));
        Assert.Equal(ConnectionEnd.HostKeyRefused, failure.End);
        Assert.StartsWith("the host key SHA256:", failure.Message, StringComparison.Ordinal);
        Assert.Empty(fixture.Proved);
    }

    public static TheoryData<string> Failures() => ["throws", "throws later", "cancels"];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task CheckThatFails_IsARefusal(string how)
    {
        await using var fixture = new ClientFixture();
        var failure = await Assert.ThrowsAsync<ConnectFailedException>(
            () => fixture.ConnectAsync(ClientFixture.Config with { HostKeys = new BrokenVerifier(how) }));
        Assert.Equal((ConnectionEnd.HostKeyRefused, "the host key could not be checked"), (failure.End, failure.Message));
        Assert.Empty(fixture.Proved);
    }

    public static TheoryData<string, string> Certificates() => new()
    {
        { "other authority", "the host certificate is refused: the certificate is not signed by a trusted authority" },
        { "user", "the host certificate is refused: a User certificate is used as a Host certificate" },
        { "expired", "the host certificate is refused: the certificate held until 2 and it is " },
        { "early", "the host certificate is refused: the certificate holds from 18446744073709551614 and it is " },
        { "other name", "the host certificate does not name gate.example" },
        { "pattern", "the host certificate does not name gate.example" },
    };

    [Theory]
    [MemberData(nameof(Certificates))]
    public async Task CertificateThatDoesNotFit_IsRefused(string fault, string reason)
    {
        var key = Ed25519PrivateKey.Generate();
        var type = fault == "user" ? CertificateType.User : CertificateType.Host;
        var name = fault switch { "other name" => "other.example", "pattern" => "*.example", _ => "gate.example" };
        var (after, before) = fault switch
        {
            "expired" => (1ul, 2ul),
            "early" => (ulong.MaxValue - 1, ulong.MaxValue),
            _ => (0ul, ulong.MaxValue),
        };
        var signer = fault == "other authority" ? Ed25519PrivateKey.Generate() : Authority;
        var certificate = ClientConnectionTests.Certify(signer, ((ISigner)key).PublicKey, type, after, before, name);
        var host = new KnownHost("gate.example", [], [((ISigner)Authority).PublicKey], TimeProvider.System);
        await using var fixture = new ClientFixture();
        var failure = await Assert.ThrowsAsync<ConnectFailedException>(() => fixture.ConnectAsync(
            ClientFixture.Config with { HostKeys = host },
            EngineFixture.Config with { HostKeys = [new HostKey(key, certificate)] }));
        Assert.Equal(ConnectionEnd.HostKeyRefused, failure.End);
        Assert.StartsWith(reason, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CertificateWithoutAuthority_OfAKnownKey_IsTheKnownKey()
    {
        var certificate = ClientConnectionTests.Certify(
            Authority, ((ISigner)EngineFixture.HostKey).PublicKey, CertificateType.Host, "another.example");
        await using var fixture = new ClientFixture();
        await using var connection = await fixture.ConnectAsync(
            server: EngineFixture.Config with { HostKeys = [new HostKey(EngineFixture.HostKey, certificate)] });
        Assert.NotNull(connection.HostKey.Certificate);
    }

    [Fact]
    public async Task Name_IsComparedWithoutRegardToCase()
    {
        var key = Ed25519PrivateKey.Generate();
        var certificate = ClientConnectionTests.Certify(Authority, ((ISigner)key).PublicKey, CertificateType.Host, "Gate.Example");
        var host = new KnownHost("gate.EXAMPLE", [], [((ISigner)Authority).PublicKey], TimeProvider.System);
        await using var fixture = new ClientFixture();
        await using var connection = await fixture.ConnectAsync(
            ClientFixture.Config with { HostKeys = host },
            EngineFixture.Config with { HostKeys = [new HostKey(key, certificate)] });
        Assert.False(connection.Ended.IsCompleted);
    }

    // A server that has shown one key cannot become another in a re-key.
    [Fact]
    public async Task OtherKeyInAReKey_EndsTheConnection()
    {
        var (server, connection) = await ScriptedServer.StartSignedInAsync();
        server.HostKey = Ed25519PrivateKey.Generate();
        await server.SendAsync(server.Offer);
        await server.ReplyAsync(await server.ReceiveInitAsync());
        Assert.Equal(ConnectionEnd.HostKeyRefused, await connection.Ended.WaitAsync(ScriptedPeer.Patience));
        Assert.Equal("the server has another host key than at first", connection.EndMessage);
        server.Dispose();
    }

    [Fact]
    public async Task SameKeyInAReKey_IsNotAskedForAgain()
    {
        var verifier = new CountingVerifier();
        var (server, connection) = await ScriptedServer.StartSignedInAsync(ClientFixture.Config with { HostKeys = verifier });
        await server.ExchangeKeysAsync();
        await server.SendAsync(new Ping([1]));
        await server.ExpectAsync<Pong>();
        Assert.Equal(1, verifier.Count);
        await connection.DisposeAsync();
        server.Dispose();
    }

    private sealed class BrokenVerifier(string how) : IHostKeyVerifier
    {
        public ValueTask<HostKeyDecision> VerifyAsync(HostKeyProof proof, CancellationToken cancellationToken) => how switch
        {
            "throws" => throw new InsufficientMemoryException("no memory"),
            "cancels" => throw new OperationCanceledException(),
            _ => LaterAsync(),
        };

        private static async ValueTask<HostKeyDecision> LaterAsync()
        {
            await Task.Yield();
            throw new IOException("no file");
        }
    }

    private sealed class CountingVerifier : IHostKeyVerifier
    {
        public int Count { get; private set; }

        public ValueTask<HostKeyDecision> VerifyAsync(HostKeyProof proof, CancellationToken cancellationToken)
        {
            Count++;
            return ValueTask.FromResult(HostKeyDecision.Accepted);
        }
    }
}

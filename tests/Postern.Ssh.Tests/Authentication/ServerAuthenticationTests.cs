using Postern.Ssh.Keys;
using Postern.Ssh.Messages;
using Postern.Ssh.Server;
using Postern.Ssh.Tests.Fixtures;
using Postern.Ssh.Transport;

namespace Postern.Ssh.Tests.Authentication;

/// <summary>Authentication requests, legal and not, against the engine.</summary>
public sealed class ServerAuthenticationTests : IDisposable
{
    private readonly Ed25519PrivateKey _a = Ed25519PrivateKey.Generate();
    private readonly Ed25519PrivateKey _b = Ed25519PrivateKey.Generate();

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
    }

    [Fact]
    public async Task None_ListsPublicKeyAndCostsNothing()
    {
        var (engine, peer) = await StartAsync();
        for (var i = 0; i < 20; i++)
        {
            await peer.SendAsync(new UserAuthRequest("user", "ssh-connection", "none", []));
            var failure = await peer.ExpectAsync<UserAuthFailure>();
            Assert.Equal(["publickey"], failure.Methods);
            Assert.False(failure.IsPartialSuccess);
        }

        await FinishAsync(engine, peer);
    }

    [Fact]
    public async Task QueryOfOneKey_ThenSignatureOfAnother_IsTheSignersLogin()
    {
        var (engine, peer) = await StartAsync();
        foreach (var key in new[] { _a, _b, _a })
        {
            await peer.SendPayloadAsync(ScriptedPeer.Query(key.PublicKey));
            await peer.ExpectAsync<UserAuthPublicKeyOk>();
        }

        Assert.Null(engine.Connection);
        Assert.Empty(engine.Proved);
        await peer.SendPayloadAsync(peer.SignedRequest(_b));
        await peer.ExpectAsync<UserAuthSuccess>();
        Assert.Equal(_b.PublicKey, Assert.Single(engine.Proved).Key);
        await FinishAsync(engine, peer);
    }

    [Fact]
    public async Task QueryOfAnotherPersonsKey_ThenNone_IsNobody()
    {
        var (engine, peer) = await StartAsync();
        await peer.SendPayloadAsync(ScriptedPeer.Query(_a.PublicKey, "admin"));
        await peer.ExpectAsync<UserAuthPublicKeyOk>();
        await peer.SendAsync(new UserAuthRequest("admin", "ssh-connection", "none", []));
        await peer.ExpectAsync<UserAuthFailure>();
        Assert.Empty(engine.Proved);
        await FinishAsync(engine, peer);
    }

    [Fact]
    public async Task UserName_IsTheOneOfTheSignedRequest()
    {
        var (engine, peer) = await StartAsync();
        engine.Judge = attempt => attempt.UserName == "alice" ? null : new AuthenticationOutcome.Refused(null);
        await peer.SendPayloadAsync(peer.SignedRequest(_a, "mallory"));
        await peer.ExpectAsync<UserAuthFailure>();
        await peer.SendPayloadAsync(peer.SignedRequest(_a, "alice"));
        await peer.ExpectAsync<UserAuthSuccess>();
        Assert.Equal(["mallory", "alice"], engine.Proved.Select(attempt => attempt.UserName));
        await FinishAsync(engine, peer);
    }

    public static TheoryData<string> Mutations() => ["user", "session", "algorithm", "key", "signature", "empty", "host key"];

    [Theory]
    [MemberData(nameof(Mutations))]
    public async Task Signature_OverAnythingElse_IsRefused(string mutation)
    {
        var (engine, peer) = await StartAsync();
        var session = peer.SessionId.ToArray();
        session[5] ^= 1;
        var request = mutation switch
        {
            "user" => peer.SignedRequest(_a, signedUser: "other"),
            "session" => peer.SignedRequest(_a, signedSession: session),
            "algorithm" => peer.SignedRequest(_a, signedAlgorithm: "ssh-ed25519-cert-v01@openssh.com"),
            "key" => peer.SignedRequest(_a, blob: _b.PublicKey.Blob.ToArray()),
            "host key" => peer.SignedRequest(_a, hostKey: _b.PublicKey.Blob.ToArray()),
            _ => peer.SignedRequest(_a),
        };
        if (mutation == "signature")
        {
            request[^1] ^= 1;
        }
        else if (mutation == "empty")
        {
            request = [.. request[..^(4 + 83)], 0, 0, 0, 0];
        }

        await peer.SendPayloadAsync(request);
        await peer.ExpectAsync<UserAuthFailure>();
        Assert.Empty(engine.Proved);
        Assert.Null(engine.Connection);
        await FinishAsync(engine, peer);
    }

    [Fact]
    public async Task EveryByteOfTheRequest_IsSigned()
    {
        var (_, sample) = await StartAsync();
        var length = sample.SignedRequest(_a).Length;
        sample.Dispose();
        for (var i = 1; i < length - 87; i += 7)
        {
            var (engine, peer) = await StartAsync();
            var request = peer.SignedRequest(_a);
            request[i] ^= 1;
            await peer.SendPayloadAsync(request);
            peer.EndSending();
            await peer.ReadToEndAsync();
            await engine.EndAsync();
            Assert.Empty(engine.Proved);
            peer.Dispose();
        }
    }

    [Fact]
    public async Task HostBound_WithOurHostKey_Authenticates()
    {
        var (engine, peer) = await StartAsync();
        await peer.SendPayloadAsync(peer.SignedRequest(_a, hostKey: peer.HostKeyBlob));
        await peer.ExpectAsync<UserAuthSuccess>();
        await FinishAsync(engine, peer);
    }

    [Theory]
    [InlineData("ssh-rsa")]
    [InlineData("ssh-dss")]
    [InlineData("rsa-sha2-512")]
    [InlineData("ssh-ed25519-cert-v01@openssh.com")]
    [InlineData("unknown@example.com")]
    public async Task Algorithm_ThatDoesNotFitTheKey_IsRefused(string algorithm)
    {
        var (engine, peer) = await StartAsync();
        await peer.SendPayloadAsync(ScriptedPeer.Query(_a.PublicKey, algorithm: algorithm));
        await peer.ExpectAsync<UserAuthFailure>();
        await peer.SendPayloadAsync(peer.SignedRequest(_a, algorithm: algorithm));
        await peer.ExpectAsync<UserAuthFailure>();
        Assert.Empty(engine.Queried);
        Assert.Empty(engine.Proved);
        await FinishAsync(engine, peer);
    }

    [Theory]
    [InlineData("gssapi-with-mic")]
    [InlineData("password")]
    [InlineData("keyboard-interactive")]
    [InlineData("hostbased")]
    public async Task UnknownMethod_IsRefusedWithoutALookAtItsFields(string method)
    {
        var (engine, peer) = await StartAsync();
        await peer.SendAsync(new UserAuthRequest("user", "ssh-connection", method, [0xff, 0xff, 0xff, 0xff, 1, 2]));
        await peer.ExpectAsync<UserAuthFailure>();
        await FinishAsync(engine, peer);
    }

    [Fact]
    public async Task SixFailures_EndTheConnection()
    {
        var (engine, peer) = await StartAsync();
        engine.Judge = _ => new AuthenticationOutcome.Refused(null);
        for (var i = 0; i < 5; i++)
        {
            await peer.SendPayloadAsync(peer.SignedRequest(_a));
            await peer.ExpectAsync<UserAuthFailure>();
        }

        await peer.SendPayloadAsync(peer.SignedRequest(_a));
        var goodbye = await peer.ReadToEndAsync();
        Assert.Equal((uint)DisconnectCode.NoMoreAuthenticationMethods, goodbye?.Code);
        Assert.Equal(ConnectionEnd.AuthenticationFailed, await engine.EndAsync());
        peer.Dispose();
    }

    [Fact]
    public async Task Requests_QueriesIncluded_AreCapped()
    {
        var (engine, peer) = await StartAsync();
        var answers = 0;
        for (var i = 0; i < 101; i++)
        {
            await peer.SendPayloadAsync(ScriptedPeer.Query(_a.PublicKey));
        }

        while (await peer.ReceiveAsync() is { } payload && payload[0] == MessageNumber.UserAuthPublicKeyOk)
        {
            answers++;
        }

        // The request for the service is one of the hundred.
        Assert.Equal(99, answers);
        Assert.Equal(ConnectionEnd.AuthenticationFailed, await engine.EndAsync());
        peer.Dispose();
    }

    [Fact]
    public async Task Banner_ComesBeforeTheFailure_WithCrLf()
    {
        var (engine, peer) = await StartAsync();
        engine.Judge = _ => new AuthenticationOutcome.Refused("one\ntwo\n");
        await peer.SendPayloadAsync(peer.SignedRequest(_a));
        Assert.Equal("one\r\ntwo\r\n", (await peer.ExpectAsync<UserAuthBanner>()).Text);
        await peer.ExpectAsync<UserAuthFailure>();
        await FinishAsync(engine, peer);
    }

    [Fact]
    public async Task FinalRefusal_EndsTheConnectionAfterBannerAndFailure()
    {
        var (engine, peer) = await StartAsync();
        engine.Judge = _ => new AuthenticationOutcome.Refused("no", IsFinal: true);
        await peer.SendPayloadAsync(peer.SignedRequest(_a));
        await peer.ExpectAsync<UserAuthBanner>();
        await peer.ExpectAsync<UserAuthFailure>();
        Assert.NotNull(await peer.ReadToEndAsync());
        Assert.Equal(ConnectionEnd.AuthenticationFailed, await engine.EndAsync());
        Assert.Empty(engine.Ends);
        peer.Dispose();
    }

    [Theory]
    [InlineData("ssh-connection")]
    [InlineData("shell")]
    public async Task OtherService_IsRefused(string service)
    {
        var (engine, peer) = await EngineFixture.StartAsync();
        await peer.ExchangeVersionsAsync();
        await peer.ExchangeKeysAsync();
        await peer.SendAsync(new ServiceRequest(service));
        Assert.Equal((uint)DisconnectCode.ServiceNotAvailable, (await peer.ReadToEndAsync())?.Code);
        await engine.EndAsync();
        peer.Dispose();
    }

    [Fact]
    public async Task AuthenticatorThatThrows_IsOurFault()
    {
        var (engine, peer) = await StartAsync();
        engine.Judge = _ => throw new InvalidOperationException("broken");
        await peer.SendPayloadAsync(peer.SignedRequest(_a));
        Assert.Equal(ConnectionEnd.InternalError, await engine.EndAsync());
        peer.Dispose();
    }

    private static async Task<(EngineFixture Engine, ScriptedPeer Peer)> StartAsync()
    {
        var (engine, peer) = await EngineFixture.StartAsync();
        await peer.ExchangeVersionsAsync();
        await peer.ExchangeKeysAsync();
        await peer.RequestServiceAsync();
        return (engine, peer);
    }

    private static async Task FinishAsync(EngineFixture engine, ScriptedPeer peer)
    {
        peer.Dispose();
        Assert.Equal(ConnectionEnd.TransportClosed, await engine.EndAsync());
        engine.Dispose();
    }
}

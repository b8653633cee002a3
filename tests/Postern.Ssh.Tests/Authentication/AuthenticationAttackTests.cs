using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Postern.Ssh.EventLoops;
using Postern.Ssh.Keys;
using Postern.Ssh.Messages;
using Postern.Ssh.Server;
using Postern.Ssh.Tests.Client;
using Postern.Ssh.Tests.Fixtures;
using Postern.Ssh.Transport;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Tests.Authentication;

/// <summary>How other servers were entered without a key. The numbers are those of docs/security.md.</summary>
public sealed class AuthenticationAttackTests : IDisposable
{
    private readonly Ed25519PrivateKey _mine = Ed25519PrivateKey.Generate();
    private readonly Ed25519PrivateKey _admins = Ed25519PrivateKey.Generate();

    public void Dispose()
    {
        _mine.Dispose();
        _admins.Dispose();
    }

    // Security 2: every way to go on after a query of somebody else's key.
    [Theory]
    [InlineData("none")]
    [InlineData("password")]
    [InlineData("keyboard-interactive")]
    [InlineData("hostbased")]
    [InlineData("gssapi-with-mic")]
    [InlineData("own key")]
    [InlineData("their key, my signature")]
    public async Task Query_OfAnAdministratorsKey_LeavesNothingBehind(string then)
    {
        var (engine, peer) = await StartAsync();
        await peer.SendPayloadAsync(ScriptedPeer.Query(_admins.PublicKey, "admin"));
        await peer.ExpectAsync<UserAuthPublicKeyOk>();
        switch (then)
        {
            case "own key":
                await peer.SendPayloadAsync(peer.SignedRequest(_mine, "admin"));
                await peer.ExpectAsync<UserAuthSuccess>();
                Assert.Equal(_mine.PublicKey, Assert.Single(engine.Proved).Key);
                break;
            case "their key, my signature":
                await peer.SendPayloadAsync(peer.SignedRequest(_mine, "admin", blob: _admins.PublicKey.Blob.ToArray()));
                await peer.ExpectAsync<UserAuthFailure>();
                Assert.Empty(engine.Proved);
                break;
            default:
                await peer.SendAsync(new UserAuthRequest("admin", "ssh-connection", then, [0, 0, 0, 0, 1, 0, 0, 0, 4, .. "pass"u8]));
                Assert.False((await peer.ExpectAsync<UserAuthFailure>()).IsPartialSuccess);
                Assert.Empty(engine.Proved);
                break;
        }

        await FinishAsync(engine, peer);
    }

    // Security 3: answers of a server, from the client.
    [Theory]
    [InlineData(51, "the failure of an attempt")]
    [InlineData(52, "a success")]
    [InlineData(53, "a banner")]
    [InlineData(60, "a key that is accepted, or questions")]
    [InlineData(61, "answers to no questions")]
    [InlineData(63, "an exchange of another method")]
    public async Task ServersMessage_FromTheClient_Disconnects(byte number, string what)
    {
        foreach (var body in new byte[][] { [], [0], [0, 0, 0, 0, 0], [0xff, 0xff, 0xff, 0xff, 1, 2, 3] })
        {
            var (engine, peer) = await StartAsync();
            await peer.SendPayloadAsync(ScriptedPeer.Query(_mine.PublicKey));
            await peer.ExpectAsync<UserAuthPublicKeyOk>();
            await peer.SendPayloadAsync([number, .. body]);
            Assert.Equal((uint)DisconnectCode.ProtocolError, (await peer.ReadToEndAsync())?.Code);
            Assert.Equal(ConnectionEnd.ProtocolError, await engine.EndAsync());
            Assert.True(engine.Connection is null && engine.Proved.Count == 0, what);
            peer.Dispose();
            engine.Dispose();
        }
    }

    // Security 13: an answer to questions that nobody asked, in every malformed way, is the end and nothing else.
    [Theory]
    [InlineData(new byte[] { 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 1 })]
    [InlineData(new byte[] { 0xff, 0xff, 0xff, 0xff })]
    [InlineData(new byte[] { 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff })]
    [InlineData(new byte[] { 0, 0 })]
    public async Task InfoResponse_ThatIsMalformed_Disconnects(byte[] body)
    {
        var (engine, peer) = await StartAsync();
        await peer.SendAsync(new UserAuthRequest("user", "ssh-connection", "keyboard-interactive", [0, 0, 0, 0, 0, 0, 0, 0]));
        await peer.ExpectAsync<UserAuthFailure>();
        await peer.SendPayloadAsync([61, .. body]);
        Assert.NotNull(await peer.ReadToEndAsync());
        Assert.Equal(ConnectionEnd.ProtocolError, await engine.EndAsync());
        peer.Dispose();
        engine.Dispose();
    }

    // Security 14: a count of four billion object identifiers costs nothing, for none is read.
    [Fact]
    public async Task GssapiCountBomb_IsAFailureLikeAnyOther()
    {
        var (engine, peer) = await StartAsync();
        await peer.SendAsync(new UserAuthRequest("user", "ssh-connection", "gssapi-with-mic", [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 9, .. new byte[200]]));
        await peer.ExpectAsync<UserAuthFailure>();
        await FinishAsync(engine, peer);
    }

    // Security 12: all kinds of requests count together.
    [Fact]
    public async Task Requests_OfAllKindsTogether_AreCapped()
    {
        var (engine, peer) = await StartAsync();
        var failures = 0;
        for (var i = 0; i < 50; i++)
        {
            await peer.SendPayloadAsync(ScriptedPeer.Query(_mine.PublicKey));
            await peer.SendAsync(new UserAuthRequest("user", "ssh-connection", "none", []));
        }

        while (await peer.ReceiveAsync() is { } payload && payload[0] != MessageNumber.Disconnect)
        {
            failures += payload[0] == MessageNumber.UserAuthFailure ? 1 : 0;
        }

        // And the request for the service. No more is sent, for a reset would take answers with it.
        Assert.Equal(49, failures);
        Assert.Equal(50, engine.Queried.Count);
        Assert.Equal(ConnectionEnd.AuthenticationFailed, await engine.EndAsync());
        peer.Dispose();
        engine.Dispose();
    }

    // Security 12: each is answered at once, and so would be a flood that costs us more than it costs its sender.
    [Fact]
    public async Task RequestsForTheService_AreCapped()
    {
        var (engine, peer) = await StartAsync();
        for (var i = 0; i < 100; i++)
        {
            await peer.SendAsync(new ServiceRequest("ssh-userauth"));
        }

        var accepted = 0;
        Disconnect? goodbye = null;
        while (goodbye is null && await peer.ReceiveAsync() is { } payload)
        {
            accepted += payload[0] == MessageNumber.ServiceAccept ? 1 : 0;
            goodbye = payload[0] == MessageNumber.Disconnect ? MessageCodec.Read<Disconnect>(payload) : null;
        }

        // The fixture has asked once. No more is sent, for a reset would take the goodbye with it.
        Assert.Equal(99, accepted);
        Assert.Equal((uint)DisconnectCode.NoMoreAuthenticationMethods, goodbye?.Code);
        Assert.Equal(ConnectionEnd.AuthenticationFailed, await engine.EndAsync());
        peer.Dispose();
        engine.Dispose();
    }

    // Security 23: what takes long to verify is what a stranger has made; the event loop has others to serve.
    [Theory]
    [InlineData("a long certificate")]
    [InlineData("an authority over P-521")]
    [InlineData("a key over P-384")]
    public async Task CostlyKeys_AreVerifiedElsewhereThanOnTheEventLoop_AndInTurn(string kind)
    {
        var loops = new EventLoopGroup(1, NullLogger.Instance);
        string[] principals = [.. Enumerable.Range(0, kind == "a long certificate" ? 10 : 1).Select(i => new string('a', 100) + i)];
        using var authority = EcdsaPrivateKey.Generate("ecdsa-sha2-nistp521");
        var certificate = ClientConnectionTests.Certify(
            kind == "an authority over P-521" ? authority : _admins, _mine.PublicKey, CertificateType.User, principals);
        using var gate = new ManualResetEventSlim();
        var others = loops.Costly.RunAsync(() => gate.Wait(5 * ScriptedPeer.Patience), isSignedIn: false, () => { });
        var (slowEngine, slow) = await StartAsync(EngineFixture.Config with { Loops = loops });
        const string Curve = "ecdsa-sha2-nistp384";
        await slow.SendPayloadAsync(kind == "a key over P-384"
            ? Request(slow, Curve, EcdsaBlob("nistp384"), data => SignEcdsa("nistp384", Curve, data))
            : slow.SignedRequest(_mine, blob: certificate.Blob.ToArray(), algorithm: certificate.Type));

        for (var i = 0; i < 2; i++)
        {
            var (engine, peer) = await StartAsync(EngineFixture.Config with { Loops = loops });
            await peer.SendPayloadAsync(peer.SignedRequest(_mine));
            await peer.ExpectAsync<UserAuthSuccess>();
            await FinishAsync(engine, peer);
        }

        Assert.Empty(slowEngine.Proved);
        gate.Set();
        Assert.True(await others);
        await slow.ExpectAsync<UserAuthSuccess>();
        await FinishAsync(slowEngine, slow);
    }

    // Security 6: with the name change nothing of the first name is left, neither tries saved nor rights gained.
    [Fact]
    public async Task UserName_ChangedBetweenQueryAndSignature_IsTheSignedOne()
    {
        var (engine, peer) = await StartAsync();
        await peer.SendPayloadAsync(ScriptedPeer.Query(_mine.PublicKey, "alice"));
        await peer.ExpectAsync<UserAuthPublicKeyOk>();
        await peer.SendPayloadAsync(peer.SignedRequest(_mine, "bob", signedUser: "alice"));
        await peer.ExpectAsync<UserAuthFailure>();
        await peer.SendPayloadAsync(peer.SignedRequest(_mine, "bob"));
        await peer.ExpectAsync<UserAuthSuccess>();
        Assert.Equal("bob", Assert.Single(engine.Proved).UserName);
        await FinishAsync(engine, peer);
    }

    // Security 11: what is announced, what the key is, and what the signature says of itself must be one.
    [Theory]
    [InlineData("rsa", "rsa-sha2-512", "rsa-sha2-512", true)]
    [InlineData("rsa", "rsa-sha2-256", "rsa-sha2-256", true)]
    [InlineData("rsa", "rsa-sha2-512", "rsa-sha2-256", false)]
    [InlineData("rsa", "rsa-sha2-256", "rsa-sha2-512", false)]
    [InlineData("rsa", "rsa-sha2-512", "ssh-rsa", false)]
    [InlineData("rsa", "ssh-rsa", "ssh-rsa", false)]
    [InlineData("rsa", "ssh-rsa", "rsa-sha2-512", false)]
    [InlineData("rsa", "ssh-ed25519", "rsa-sha2-512", false)]
    [InlineData("rsa", "rsa-sha2-512-cert-v01@openssh.com", "rsa-sha2-512", false)]
    [InlineData("nistp256", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256", true)]
    [InlineData("nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384", false)]
    [InlineData("nistp256", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp521", false)]
    [InlineData("nistp384", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256", false)]
    [InlineData("nistp384", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", false)]
    [InlineData("nistp256", "ecdsa-sha2-nistp256-cert-v01@openssh.com", "ecdsa-sha2-nistp256", false)]
    [InlineData("nistp256", "sk-ecdsa-sha2-nistp256@openssh.com", "ecdsa-sha2-nistp256", false)]
    public async Task Algorithms_OfRequestKeyAndSignature_AreOne(string key, string announced, string signed, bool isAccepted)
    {
        var (engine, peer) = await StartAsync();
        var blob = key == "rsa" ? Rsa.PublicKey.Blob.ToArray() : EcdsaBlob(key);
        await peer.SendPayloadAsync(Request(peer, announced, blob, data => key == "rsa" ? SignRsa(signed, data) : SignEcdsa(key, signed, data)));
        if (isAccepted)
        {
            await peer.ExpectAsync<UserAuthSuccess>();
        }
        else
        {
            await peer.ExpectAsync<UserAuthFailure>();
        }

        Assert.Equal(isAccepted ? 1 : 0, engine.Proved.Count);
        await FinishAsync(engine, peer);
    }

    // Security 10: an authenticator's signature through the whole of a login.
    [Theory]
    [InlineData(0x01, null, true)]
    [InlineData(0x05, null, true)]
    [InlineData(0x00, null, false)]
    [InlineData(0x04, null, false)]
    [InlineData(0x05, "verify-required", true)]
    [InlineData(0x01, "verify-required", false)]
    [InlineData(0x01, "no-touch-required", true)]
    [InlineData(0x00, "no-touch-required", false)]
    public async Task SecurityKey_LogsInOnlyWithTheFlagsThatAreAskedFor(byte flags, string? option, bool isAccepted)
    {
        const string Type = "sk-ssh-ed25519@openssh.com";
        var (engine, peer) = await StartAsync();
        var writer = new WireWriter(new byte[512]);
        writer.WriteText(Type);
        writer.WriteString(_mine.PublicKey.Point.Span);
        writer.WriteText("ssh:");
        var key = PublicKey.Read(writer.Written);
        var blob = option is null ? key.Blob : Certify(key, option).Blob;
        await peer.SendPayloadAsync(Request(
            peer,
            option is null ? Type : "sk-ssh-ed25519-cert-v01@openssh.com",
            blob.ToArray(),
            data =>
            {
                byte[] counter = [0, 0, 0, 9];
                var assertion = _mine.Sign("ssh-ed25519", [.. SHA256.HashData("ssh:"u8), flags, .. counter, .. SHA256.HashData(data)]);
                var signature = new WireWriter(new byte[512]);
                signature.WriteText(Type);
                signature.WriteString(assertion.AsSpan(^64..));
                signature.WriteByte(flags);
                signature.WriteBytes(counter);
                return signature.Written.ToArray();
            }));
        if (isAccepted)
        {
            await peer.ExpectAsync<UserAuthSuccess>();
        }
        else
        {
            await peer.ExpectAsync<UserAuthFailure>();
        }

        Assert.Equal(isAccepted ? 1 : 0, engine.Proved.Count);
        await FinishAsync(engine, peer);
    }

    private static RsaPrivateKey Rsa { get; } = RsaPrivateKey.Generate(2048);

    private static ECDsa P256 { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private static ECDsa P384 { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP384);

    private static byte[] EcdsaBlob(string curve)
    {
        var point = (curve == "nistp256" ? P256 : P384).ExportParameters(includePrivateParameters: false).Q;
        var writer = new WireWriter(new byte[512]);
        writer.WriteText("ecdsa-sha2-" + curve);
        writer.WriteText(curve);
        writer.WriteString([4, .. point.X!, .. point.Y!]);
        return writer.Written.ToArray();
    }

    /// <summary>A truly made signature under any name.</summary>
    private static byte[] SignRsa(string name, byte[] data)
    {
        var real = name == "rsa-sha2-256" ? name : "rsa-sha2-512";
        return [.. Named(name), .. Rsa.Sign(real, data).AsSpan(4 + real.Length)];
    }

    private static byte[] SignEcdsa(string curve, string name, byte[] data)
    {
        var hash = name.EndsWith("384", StringComparison.Ordinal) ? HashAlgorithmName.SHA384 : HashAlgorithmName.SHA256;
        var halves = (curve == "nistp256" ? P256 : P384).SignData(data, hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        var body = new WireWriter(new byte[512]);
        body.WriteMpint(halves.AsSpan(0, halves.Length / 2));
        body.WriteMpint(halves.AsSpan(halves.Length / 2));
        var writer = new WireWriter(new byte[512]);
        writer.WriteString(body.Written);
        return [.. Named(name), .. writer.Written];
    }

    private static byte[] Named(string name)
    {
        var writer = new WireWriter(new byte[128]);
        writer.WriteText(name);
        return writer.Written.ToArray();
    }

    private static byte[] Request(ScriptedPeer peer, string algorithm, byte[] blob, Func<byte[], byte[]> sign)
    {
        var unsigned = Encode(new PublicKeyRequest(algorithm, blob, null, []));
        var data = new WireWriter(new byte[16 * 1024]);
        data.WriteString(peer.SessionId);
        data.WriteBytes(unsigned.AsSpan(0, unsigned.Length - 4));
        return Encode(new PublicKeyRequest(algorithm, blob, null, sign(data.Written.ToArray())));

        static byte[] Encode(PublicKeyRequest proof)
        {
            var writer = new WireWriter(new byte[16 * 1024]);
            proof.Write(ref writer);
            return ScriptedPeer.Encode(new UserAuthRequest("user", "ssh-connection", "publickey", writer.Written.ToArray()));
        }
    }

    private Certificate Certify(PublicKey key, string option)
    {
        using var random = RandomNumberGenerator.Create();
        CertificateOption[] options = [new(option, "")];
        return new CertificateBuilder(_admins, random).Sign(new CertificateStatement
        {
            Key = key,
            Type = CertificateType.User,
            Serial = 1,
            KeyId = "id",
            Principals = ["user"],
            ValidAfter = 1,
            ValidBefore = ulong.MaxValue,
            CriticalOptions = option == "verify-required" ? options : [],
            Extensions = option == "verify-required" ? [] : options,
        });
    }

    private static async Task<(EngineFixture Engine, ScriptedPeer Peer)> StartAsync(
        ServerConfig? config = null, Action<EngineFixture>? prepare = null)
    {
        var (engine, peer) = await EngineFixture.StartAsync(config);
        prepare?.Invoke(engine);
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

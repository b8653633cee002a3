using Postern.Ssh.Keys;
using Postern.Ssh.Messages;
using Postern.Ssh.Server;
using Postern.Ssh.Tests.Fixtures;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Tests.Transport;

/// <summary>hostkeys-00@openssh.com and the proofs for it (OpenSSH PROTOCOL 2.5).</summary>
public sealed class HostKeyProofTests : IAsyncLifetime
{
    private const string ProofName = "hostkeys-prove-00@openssh.com";

    private static readonly EcdsaPrivateKey Ecdsa = EcdsaPrivateKey.Generate("ecdsa-sha2-nistp256");
    private static readonly RsaPrivateKey Rsa = RsaPrivateKey.Generate(2048);

    private EngineFixture _engine = null!;
    private ScriptedPeer _peer = null!;

    private static ISigner[] Signers => [EngineFixture.HostKey, Ecdsa, Rsa];

    public async Task InitializeAsync() => (_engine, _peer) = await EngineFixture.ConnectAsync(
        EngineFixture.Config with { HostKeys = [.. Signers.Select(signer => new HostKey(signer))] });

    public async Task DisposeAsync()
    {
        _peer.Dispose();
        await _engine.EndAsync();
    }

    [Fact]
    public async Task Authentication_IsFollowedByAllPlainKeys()
    {
        await _peer.SendAsync(new Ping([1]));
        await _peer.ExpectAsync<Pong>();
        var announcement = MessageCodec.Read<GlobalRequestMessage>(Assert.Single(_peer.HostKeyAnnouncements));
        Assert.False(announcement.WantsReply);
        Assert.Equal(Strings([.. Signers.Select(signer => signer.PublicKey.Blob.ToArray())]), announcement.Rest);
    }

    [Fact]
    public async Task Proofs_AreOverNameSessionAndKey_AndRsaSignsWithSha2()
    {
        var asked = Signers.Reverse().ToArray();
        await AskAsync(Strings([.. asked.Select(signer => signer.PublicKey.Blob.ToArray())]));
        var proofs = (await _peer.ExpectAsync<RequestSuccess>()).Rest;
        var at = 0;
        foreach (var signer in asked)
        {
            var reader = new WireReader(proofs.AsSpan(at));
            var proof = reader.ReadString(WireLimits.Signature).ToArray();
            at += reader.Position;
            byte[] signed = Strings(System.Text.Encoding.ASCII.GetBytes(ProofName), _peer.SessionId, signer.PublicKey.Blob.ToArray());
            Assert.True(signer.PublicKey.Verify(signer.PublicKey.SignatureAlgorithms[0], signed, proof));
        }

        Assert.Equal(proofs.Length, at);
    }

    public static TheoryData<string> Refused() => ["nothing", "a strange key", "a key twice", "a length beyond the end", "a length beyond the limit", "a byte"];

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Request_ForAnythingElse_Fails(string what)
    {
        using var strange = Ed25519PrivateKey.Generate();
        var own = EngineFixture.HostKey.PublicKey.Blob.ToArray();
        await AskAsync(what switch
        {
            "nothing" => [],
            "a strange key" => Strings(own, strange.PublicKey.Blob.ToArray()),
            "a key twice" => Strings(own, own),
            "a length beyond the end" => [0, 0, 0, 200, 1],
            "a length beyond the limit" => [0xff, 0xff, 0xff, 0xff],
            _ => [.. Strings(own), 0],
        });
        await _peer.ExpectAsync<RequestFailure>();

        await AskAsync(Strings(own));
        await _peer.ExpectAsync<RequestSuccess>();
    }

    [Fact]
    public async Task Requests_AreBounded()
    {
        for (var i = 0; i < HostKeyProofs.MaximumRequests; i++)
        {
            await AskAsync(Strings(EngineFixture.HostKey.PublicKey.Blob.ToArray()));
            await _peer.ExpectAsync<RequestSuccess>();
        }

        await AskAsync(Strings(EngineFixture.HostKey.PublicKey.Blob.ToArray()));
        await _peer.ExpectAsync<RequestFailure>();
    }

    private Task AskAsync(byte[] content) => _peer.SendAsync(new GlobalRequestMessage(ProofName, WantsReply: true, content));

    private static byte[] Strings(params byte[][] strings)
    {
        var content = new byte[strings.Sum(one => 4 + one.Length)];
        var writer = new WireWriter(content);
        foreach (var one in strings)
        {
            writer.WriteString(one);
        }

        return content;
    }
}

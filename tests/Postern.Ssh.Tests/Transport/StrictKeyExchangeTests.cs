using Postern.Ssh.Messages;
using Postern.Ssh.Server;
using Postern.Ssh.Tests.Fixtures;
using Postern.Ssh.Transport;

namespace Postern.Ssh.Tests.Transport;

/// <summary>The first key exchange: Terrapin's injections, the order of messages, guesses, public keys.</summary>
public class StrictKeyExchangeTests
{
    public static TheoryData<byte> Injected() => [MessageNumber.Ignore, MessageNumber.Unimplemented, MessageNumber.Debug];

    [Theory]
    [MemberData(nameof(Injected))]
    public async Task Injection_BeforeAStrictKexInit_Disconnects(byte number)
    {
        var (engine, peer) = await EngineFixture.StartAsync();
        await peer.ExchangeVersionsAsync();
        await peer.SendPayloadAsync([number, 0, 0, 0, 0]);
        await peer.SendKexInitAsync();
        Assert.Equal("KEXINIT is not the first packet of a strict key exchange", (await peer.ReadToEndAsync())?.Description);
        Assert.Equal(ConnectionEnd.ProtocolError, await engine.EndAsync());
        peer.Dispose();
    }

    [Theory]
    [MemberData(nameof(Injected))]
    public async Task Injection_AfterAStrictKexInit_Disconnects(byte number)
    {
        var (engine, peer) = await EngineFixture.StartAsync();
        await peer.ExchangeVersionsAsync();
        await peer.SendKexInitAsync();
        await peer.SendPayloadAsync([number, 0, 0, 0, 0]);
        Assert.Equal($"message {number} in a strict key exchange", (await peer.ReadToEndAsync())?.Description);
        Assert.Equal(ConnectionEnd.ProtocolError, await engine.EndAsync());
        peer.Dispose();
    }

    [Theory]
    [MemberData(nameof(Injected))]
    public async Task SameMessages_WithoutStrict_AreIgnored(byte number)
    {
        var (engine, peer) = await EngineFixture.StartAsync();
        peer.Offer = peer.Offer with { KeyExchanges = ["curve25519-sha256"] };
        await peer.ExchangeVersionsAsync();
        await peer.SendPayloadAsync([number, 0, 0, 0, 0]);
        await peer.SendKexInitAsync();
        await peer.SendPayloadAsync([number, 0, 0, 0, 0]);
        await peer.ReceiveKexInitAsync();
        await peer.FinishKeyExchangeAsync();
        await peer.RequestServiceAsync();
        peer.Dispose();
        await engine.EndAsync();
    }

    [Fact]
    public async Task StrictMarker_InALaterKexInit_DoesNotCount()
    {
        var (engine, peer) = await EngineFixture.StartAsync();
        var strict = peer.Offer;
        peer.Offer = strict with { KeyExchanges = ["curve25519-sha256"] };
        await peer.ExchangeVersionsAsync();
        await peer.ExchangeKeysAsync();
        peer.Offer = strict;
        await peer.ExchangeKeysAsync();

        // Six packets came before: two exchanges of three. A reset would make it 0.
        await peer.SendPayloadAsync([19]);
        Assert.Equal(6u, (await peer.ExpectAsync<Unimplemented>()).SequenceNumber);
        peer.Dispose();
        await engine.EndAsync();
    }

    [Fact]
    public async Task StrictMarker_MissingInALaterKexInit_StillHolds()
    {
        var (engine, peer) = await EngineFixture.StartAsync();
        await peer.ExchangeVersionsAsync();
        await peer.ExchangeKeysAsync();
        peer.Offer = peer.Offer with { KeyExchanges = ["curve25519-sha256"] };
        await peer.ExchangeKeysAsync();
        await peer.SendPayloadAsync([19]);
        Assert.Equal(0u, (await peer.ExpectAsync<Unimplemented>()).SequenceNumber);
        peer.Dispose();
        await engine.EndAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Guess_IsIgnoredExactlyWhenWrong(bool isWrong)
    {
        // Security 39. The guess is right when both sides' first choices are the same, so the server's must be known.
        var algorithms = AlgorithmCatalogue.Default;
        var (engine, peer) = await EngineFixture.StartAsync(EngineFixture.Config with
        {
            Algorithms = new AlgorithmCatalogue(
                ["curve25519-sha256"], algorithms.Ciphers, algorithms.Macs, algorithms.HostKeys, algorithms.UserSignatures),
        });
        string[] wrong = ["diffie-hellman-group14-sha256", "curve25519-sha256", "kex-strict-c-v00@openssh.com"];
        peer.Offer = peer.Offer with { IsGuessFollowing = true, KeyExchanges = isWrong ? wrong : peer.Offer.KeyExchanges };
        await peer.ExchangeVersionsAsync();
        await peer.SendKexInitAsync();
        if (isWrong)
        {
            await peer.SendAsync(new KexEcdhInit([1, 2, 3]));
        }

        await peer.ReceiveKexInitAsync();
        await peer.FinishKeyExchangeAsync();
        await peer.RequestServiceAsync();
        peer.Dispose();
        await engine.EndAsync();
    }

    [Fact]
    public async Task Guess_ThatIsWrong_CoversOnePacketOnly()
    {
        var (engine, peer) = await EngineFixture.StartAsync();
        peer.Offer = peer.Offer with { IsGuessFollowing = true, HostKeys = ["rsa-sha2-512", "ssh-ed25519"] };
        await peer.ExchangeVersionsAsync();
        await peer.SendKexInitAsync();
        await peer.SendAsync(new KexEcdhInit([1]));
        await peer.SendAsync(new KexEcdhInit([2]));
        Assert.Equal((uint)DisconnectCode.KeyExchangeFailed, (await peer.ReadToEndAsync())?.Code);
        await engine.EndAsync();
        peer.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    [InlineData(32)]
    public async Task PublicKey_OfWrongLengthOrSmallOrder_Disconnects(int length)
    {
        var (engine, peer) = await EngineFixture.StartAsync();
        await peer.ExchangeVersionsAsync();
        await peer.SendKexInitAsync();
        await peer.SendAsync(new KexEcdhInit(new byte[length]));
        Assert.Equal((uint)DisconnectCode.KeyExchangeFailed, (await peer.ReadToEndAsync())?.Code);
        Assert.Equal(ConnectionEnd.ProtocolError, await engine.EndAsync());
        peer.Dispose();
    }

    [Fact]
    public async Task NothingInCommon_Disconnects()
    {
        var (engine, peer) = await EngineFixture.StartAsync();
        peer.Offer = peer.Offer with { CiphersToClient = ["3des-cbc"] };
        await peer.ExchangeVersionsAsync();
        await peer.SendKexInitAsync();
        var goodbye = await peer.ReadToEndAsync();
        Assert.Equal("no cipher to client algorithm in common", goodbye?.Description);
        await engine.EndAsync();
        peer.Dispose();
    }

    // Security 42: there is nothing to inflate, before or after authentication.
    [Theory]
    [InlineData("zlib@openssh.com")]
    [InlineData("zlib")]
    public async Task Compression_IsNotOffered(string name)
    {
        var (engine, peer) = await EngineFixture.StartAsync();
        peer.Offer = peer.Offer with { CompressionsToServer = [name] };
        await peer.ExchangeVersionsAsync();
        await peer.SendKexInitAsync();
        Assert.Contains("compression", (await peer.ReadToEndAsync())?.Description, StringComparison.Ordinal);
        Assert.Equal(ConnectionEnd.ProtocolError, await engine.EndAsync());
        peer.Dispose();
    }

    [Fact]
    public async Task ExtInfo_AnywhereButAfterTheFirstNewKeys_Disconnects()
    {
        var (engine, peer) = await EngineFixture.StartAsync();
        await peer.ExchangeVersionsAsync();
        await peer.ExchangeKeysAsync();
        await peer.SendAsync(new ExtInfo([]));
        await peer.RequestServiceAsync();
        await peer.SendAsync(new ExtInfo([]));
        Assert.Contains("EXT_INFO", (await peer.ReadToEndAsync())?.Description, StringComparison.Ordinal);
        await engine.EndAsync();
        peer.Dispose();
    }
}

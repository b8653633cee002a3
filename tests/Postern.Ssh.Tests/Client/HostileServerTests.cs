using System.Buffers.Binary;
using System.Text;
using Postern.Ssh.Client;
using Postern.Ssh.Keys;
using Postern.Ssh.Messages;
using Postern.Ssh.Server;
using Postern.Ssh.Tests.Fixtures;

namespace Postern.Ssh.Tests.Client;

/// <summary>
/// Security 68: servers that lie, flood, stall or speak nonsense, up to the point where somebody is signed in. The client
/// ends each of them within its limits, and says why.
/// </summary>
public sealed class HostileServerTests
{
    [Fact]
    public async Task Preamble_WithoutEnd_IsCutOff()
    {
        using var server = await ScriptedServer.StartAsync();
        var line = Encoding.ASCII.GetBytes(new string('x', 998) + "\r\n");
        for (var i = 0; i < 80; i++)
        {
            await server.SendRawAsync(line);
        }

        await ExpectAsync(server, ConnectionEnd.ProtocolError, "more than 65536 bytes before the identification string");
    }

    [Fact]
    public async Task Preamble_OfAReasonableLength_IsSkipped()
    {
        using var server = await ScriptedServer.StartAsync();
        await server.SendRawAsync("Welcome\r\n\x1b[31mred\n\n"u8.ToArray());
        await server.ExchangeVersionsAsync();
        await server.ExchangeKeysAsync();
        await server.ExpectAsync<ServiceRequest>();
    }

    public static TheoryData<string, string> Versions() => new()
    {
        { new string('x', 8192), "a line before the identification string exceeds 8192 bytes" },
        { "SSH-2.0-" + new string('x', 300), "the identification string exceeds 255 bytes" },
        { "SSH-1.5-old\r\n", "the identification string is not one of SSH 2.0" },
        { "SSH-2.0-a\x1b[31m\r\n", "the identification string holds the byte 0x1b" },
    };

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Version_ThatIsNone_EndsTheConnection(string sent, string reason)
    {
        using var server = await ScriptedServer.StartAsync();
        await server.SendRawAsync(Encoding.ASCII.GetBytes(sent));
        await ExpectAsync(server, ConnectionEnd.ProtocolError, reason);
    }

    [Fact]
    public async Task ServerThatCloses_IsAClosedTransport()
    {
        using var server = await ScriptedServer.StartAsync();
        server.Dispose();
        Assert.Equal(ConnectionEnd.TransportClosed, (await server.FailureAsync()).End);
    }

    public static TheoryData<string> Stalls() => ["version", "kexinit", "reply", "newkeys", "service", "authentication"];

    [Theory]
    [MemberData(nameof(Stalls))]
    public async Task ServerThatStalls_IsGivenUpInTime(string where)
    {
        var clock = new FakeTimeProvider();
        var config = ClientFixture.Config with { TimeProvider = clock };
        using var server = await ScriptedServer.StartAsync(config);
        if (where != "version")
        {
            await server.ExchangeVersionsAsync();
        }

        if (where is "reply" or "newkeys" or "service" or "authentication")
        {
            await server.SendAsync(server.Offer);
            var init = await server.ReceiveInitAsync();
            if (where is "service" or "authentication")
            {
                await server.FinishKeysAsync(init);
                await server.ExpectAsync<ServiceRequest>();
                if (where == "authentication")
                {
                    await server.SendAsync(new ServiceAccept("ssh-userauth"));
                    await server.ExpectAsync<UserAuthRequest>();
                }
            }
            else if (where == "newkeys")
            {
                await server.ReplyAsync(init, sendsNewKeys: false);
                await server.ExpectAsync<NewKeys>();
            }
        }

        clock.Advance(TimeSpan.FromSeconds(120));
        await ExpectAsync(server, ConnectionEnd.AuthenticationFailed, "nobody was authenticated in time");
        Assert.Equal(0, clock.ActiveTimers);
    }

    public static TheoryData<string> Lengths() => ["00000000", "00000001", "7fffffff", "80000000", "ffffffff", "00040001"];

    [Theory]
    [MemberData(nameof(Lengths))]
    public async Task PacketLength_OutOfBounds_EndsTheConnection(string length)
    {
        using var server = await ScriptedServer.StartAsync();
        await server.ExchangeVersionsAsync();
        await server.SendRawAsync(Convert.FromHexString(length + "00000000"));
        var failure = await server.FailureAsync();
        Assert.Equal(ConnectionEnd.ProtocolError, failure.End);
        Assert.StartsWith("packet length", failure.Message, StringComparison.Ordinal);
    }

    // A name-list of 2^32-1 bytes, KEXINIT cut off at every length, and one with bytes behind it.
    [Fact]
    public async Task KexInit_Malformed_EndsTheConnection()
    {
        using var first = await ScriptedServer.StartAsync();
        var whole = ScriptedPeer.Encode(first.Offer);
        var huge = whole.ToArray();
        BinaryPrimitives.WriteUInt32BigEndian(huge.AsSpan(17), uint.MaxValue);
        var cut = Enumerable.Range(1, whole.Length - 1).Where(length => length % 7 == 0).Select(length => whole[..length]);
        foreach (var payload in cut.Append(huge).Append([.. whole, 0]))
        {
            using var server = await ScriptedServer.StartAsync();
            await server.ExchangeVersionsAsync();
            await server.SendPayloadAsync(payload);
            Assert.Equal(ConnectionEnd.ProtocolError, (await server.FailureAsync()).End);
        }
    }

    [Fact]
    public async Task KexInit_WithNothingInCommon_SaysOfWhatKind()
    {
        using var server = await ScriptedServer.StartAsync();
        server.Offer = server.Offer with { HostKeys = ["ssh-dss"] };
        await server.ExchangeVersionsAsync();
        await server.SendAsync(server.Offer);
        await ExpectAsync(server, ConnectionEnd.ProtocolError, "no host key algorithm in common");
    }

    // Security 31: nothing but the exchange before NEWKEYS, once both sides are strict.
    [Theory]
    [InlineData(MessageNumber.Ignore)]
    [InlineData(MessageNumber.Debug)]
    [InlineData(MessageNumber.Unimplemented)]
    [InlineData(MessageNumber.ExtInfo)]
    [InlineData(MessageNumber.ServiceAccept)]
    [InlineData(MessageNumber.NewKeys)]
    [InlineData(MessageNumber.KexInit)]
    [InlineData(MessageNumber.KexEcdhInit)]
    [InlineData(MessageNumber.UserAuthSuccess)]
    [InlineData(MessageNumber.ChannelOpen)]
    public async Task MessageInsideAStrictExchange_EndsTheConnection(byte number)
    {
        using var server = await ScriptedServer.StartAsync();
        await server.ExchangeVersionsAsync();
        await server.SendAsync(server.Offer);
        await server.ReceiveInitAsync();
        await server.SendPayloadAsync([number, 0, 0, 0, 0]);
        Assert.Equal(ConnectionEnd.ProtocolError, (await server.FailureAsync()).End);
    }

    public static TheoryData<string> Lies() => ["signature", "other key", "no key", "small order", "short public", "huge public"];

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task Reply_ThatProvesNothing_EndsTheConnection(string lie)
    {
        using var server = await ScriptedServer.StartAsync();
        await server.ExchangeVersionsAsync();
        await server.ExchangeKeysAsync(reply => lie switch
        {
            "signature" => reply with { Signature = [.. reply.Signature[..^1], (byte)(reply.Signature[^1] ^ 1)] },
            "other key" => reply with { HostKey = ((ISigner)Ed25519PrivateKey.Generate()).PublicKey.Blob.ToArray() },
            "no key" => reply with { HostKey = [1, 2, 3] },
            "small order" => reply with { ServerPublic = new byte[32] },
            "short public" => reply with { ServerPublic = new byte[31] },
            _ => reply with { ServerPublic = new byte[60_000] },
        });
        var failure = await server.FailureAsync();
        Assert.Equal(
            lie is "signature" or "other key" or "no key" ? ConnectionEnd.HostKeyRefused : ConnectionEnd.ProtocolError, failure.End);
    }

    // Who is signed in without having asked must not think that anything was proved.
    [Theory]
    [InlineData(MessageNumber.UserAuthSuccess)]
    [InlineData(MessageNumber.UserAuthFailure)]
    [InlineData(MessageNumber.UserAuthPublicKeyOk)]
    [InlineData(MessageNumber.UserAuthBanner)]
    [InlineData(MessageNumber.UserAuthRequest)]
    [InlineData(MessageNumber.ChannelOpen)]
    [InlineData(MessageNumber.GlobalRequest)]
    public async Task AnswerBeforeAQuestion_EndsTheConnection(byte number)
    {
        using var server = await ScriptedServer.StartAsync();
        await server.ExchangeVersionsAsync();
        await server.ExchangeKeysAsync();
        await server.SendPayloadAsync([number, 0, 0, 0, 0, 0, 0, 0, 0]);
        Assert.Equal(ConnectionEnd.ProtocolError, (await server.FailureAsync()).End);
    }

    // EXT_INFO that announces 2^32-1 extensions, a value longer than there is, more names than a list may have.
    [Theory]
    [InlineData("07ffffffff")]
    [InlineData("070000000100000001780000ffff")]
    [InlineData("0700000041")]
    public async Task ExtInfo_ThatIsTooMuch_EndsTheConnection(string payload)
    {
        using var server = await ScriptedServer.StartAsync();
        await server.ExchangeVersionsAsync();
        await server.ExchangeKeysAsync();
        await server.SendPayloadAsync(Convert.FromHexString(payload));
        Assert.Equal(ConnectionEnd.ProtocolError, (await server.FailureAsync()).End);
    }

    [Fact]
    public async Task ExtInfo_WithAHugeListOfAlgorithms_EndsTheConnection()
    {
        using var server = await ScriptedServer.StartAsync();
        await server.ExchangeVersionsAsync();
        await server.ExchangeKeysAsync();
        var list = Encoding.ASCII.GetBytes(new string(',', 9000));
        await server.SendAsync(new ExtInfo([new ExtInfo.Extension("server-sig-algs", list)]));
        Assert.Equal(ConnectionEnd.ProtocolError, (await server.FailureAsync()).End);
    }

    // Security 5: EXT_INFO comes right after NEWKEYS, or right before success, and nowhere else.
    [Fact]
    public async Task ExtInfo_NotFollowedBySuccess_EndsTheConnection()
    {
        using var server = await ScriptedServer.StartAtAuthenticationAsync();
        await server.ExpectAsync<UserAuthRequest>();
        await server.SendAsync(new ExtInfo([]));
        await server.SendAsync(new UserAuthFailure(["publickey"], IsPartialSuccess: false));
        Assert.Equal(ConnectionEnd.ProtocolError, (await server.FailureAsync()).End);
    }

    [Fact]
    public async Task ExtInfo_RightBeforeSuccess_IsTaken()
    {
        using var server = await ScriptedServer.StartAtAuthenticationAsync();
        await server.ExpectAsync<UserAuthRequest>();
        await server.SendAsync(new ExtInfo([]));
        await server.SendAsync(default(UserAuthSuccess));
        await using var connection = await server.Connecting.WaitAsync(ScriptedPeer.Patience);
    }

    // Security 69: banners are bounded, and none of their escape sequences is left.
    [Fact]
    public async Task Banners_WithoutEnd_AreKeptWithinTheLimit()
    {
        var config = ClientFixture.Config with { Limits = new ClientLimits { Banners = 3, BannerText = 10_000 } };
        using var server = await ScriptedServer.StartAtAuthenticationAsync(config);
        await server.ExpectAsync<UserAuthRequest>();
        await server.SendAsync(new UserAuthBanner("line one\r\n\x1b]0;title\x07\tline two \u202e\u009b2J", ""));
        for (var i = 0; i < 100; i++)
        {
            await server.SendAsync(new UserAuthBanner(new string('x', 8000), ""));
        }

        await server.SendAsync(default(UserAuthSuccess));
        await using var connection = await server.Connecting.WaitAsync(ScriptedPeer.Patience);
        Assert.Equal("line one\n?]0;title?\tline two ??2J", connection.Banners[0]);
        Assert.Equal(3, connection.Banners.Count);
        Assert.Equal(10_000, connection.Banners.Sum(banner => banner.Length));
    }

    [Fact]
    public async Task Banner_LongerThanATextMayBe_EndsTheConnection()
    {
        using var server = await ScriptedServer.StartAtAuthenticationAsync();
        await server.ExpectAsync<UserAuthRequest>();
        await server.SendAsync(new UserAuthBanner(new string('x', 100_000), ""));
        Assert.Equal(ConnectionEnd.ProtocolError, (await server.FailureAsync()).End);
    }

    [Fact]
    public async Task Goodbye_IsShownWithoutItsEscapes()
    {
        using var server = await ScriptedServer.StartAtAuthenticationAsync();
        await server.SendAsync(new Disconnect(12, "go\x1b[2J away\r\n", ""));
        await ExpectAsync(server, ConnectionEnd.PeerDisconnected, "go?[2J away??");
    }

    private static async Task ExpectAsync(ScriptedServer server, ConnectionEnd end, string message)
    {
        var failure = await server.FailureAsync();
        Assert.Equal((end, message), (failure.End, failure.Message));
    }
}

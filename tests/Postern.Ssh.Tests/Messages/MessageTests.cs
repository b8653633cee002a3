using FsCheck;
using FsCheck.Fluent;
using Postern.Ssh.Connection;
using Postern.Ssh.Messages;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Tests.Messages;

/// <summary>Rules that every message obeys: round trip, refusal when cut at any byte, refusal of trailing bytes.</summary>
public class MessageTests
{
    private static readonly byte[] Bytes = [1, 2, 3];
    private static readonly string[] Names = ["first", "second@example.com"];

    private delegate byte[] Reencode(ReadOnlySpan<byte> payload);

    public static TheoryData<string> Kinds() => [.. Samples().Select(sample => sample.Name)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Message_IsReadAndWrittenTheSame(string kind)
    {
        var sample = Find(kind);
        Assert.Equal(sample.Payload, sample.Reencode(sample.Payload));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Message_CutAtAnyByte_IsRefused(string kind)
    {
        var sample = Find(kind);
        for (var length = 0; length < sample.FixedLength; length++)
        {
            Assert.Throws<WireFormatException>(() => sample.Reencode(sample.Payload.AsSpan(0, length)));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Message_WithAByteBehind_IsRefused(string kind)
    {
        var sample = Find(kind);
        if (sample.FixedLength == sample.Payload.Length)
        {
            Assert.Throws<WireFormatException>(() => sample.Reencode([.. sample.Payload, 0]));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Message_OfRandomBytes_GivesNothingButWireFormatException(string kind)
    {
        var sample = Find(kind);
        Prop.ForAll<byte[]>(bytes =>
        {
            byte[] payload = sample.IsPart ? bytes : [sample.Payload[0], .. bytes];
            try
            {
                sample.Reencode(payload);
            }
            catch (WireFormatException)
            {
                // The one exception that decoders may throw.
            }
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Message_OfAnotherNumber_IsRefused() =>
        Assert.Throws<WireFormatException>(() => MessageCodec.Read<ChannelEof>([MessageNumber.ChannelClose, 0, 0, 0, 0]));

    [Fact]
    public void EveryMessageAndPart_HasASample()
    {
        var types = typeof(MessageCodec).Assembly.GetTypes().Where(type => type.GetInterfaces().Any(i =>
            i.IsGenericType && i.GetGenericTypeDefinition() is var definition
            && (definition == typeof(IMessage<>) || definition == typeof(IMessagePart<>))));
        var sampled = Samples().Select(sample => sample.Name);
        Assert.Empty(types.Select(type => type.Name).Except(sampled));
    }

    [Fact]
    public void ExtInfo_WithTooManyExtensions_IsRefusedByTheCount()
    {
        var exception = Assert.Throws<WireFormatException>(
            () => MessageCodec.Read<ExtInfo>([MessageNumber.ExtInfo, 0xff, 0xff, 0xff, 0xff]));
        Assert.Contains("4294967295 extensions", exception.Message, StringComparison.Ordinal);
    }

    // Security 13: a count is refused before anything is allocated for it.
    [Theory]
    [InlineData(MessageNumber.UserAuthInfoResponse, new byte[] { 0xff, 0xff, 0xff, 0xff }, "4294967295 responses")]
    [InlineData(MessageNumber.UserAuthInfoResponse, new byte[] { 0, 0, 0, 17 }, "17 responses")]
    [InlineData(MessageNumber.UserAuthInfoRequest, new byte[] { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0 }, "2147483648 prompts")]
    public void Questions_OfTooManyParts_AreRefusedByTheCount(byte number, byte[] body, string fault)
    {
        byte[] payload = [number, .. body];
        var exception = Assert.Throws<WireFormatException>(() =>
        {
            if (number == MessageNumber.UserAuthInfoResponse)
            {
                MessageCodec.Read<UserAuthInfoResponse>(payload);
            }
            else
            {
                MessageCodec.Read<UserAuthInfoRequest>(payload);
            }
        });
        Assert.Contains(fault, exception.Message, StringComparison.Ordinal);
    }

    private static Sample Find(string kind) => Samples().First(sample => sample.Name == kind);

    private static List<Sample> Samples()
    {
        var kexInit = new KexInit
        {
            Cookie = new byte[KexInit.CookieLength],
            KeyExchanges = Names,
            HostKeys = Names,
            CiphersToServer = Names,
            CiphersToClient = Names,
            MacsToServer = [],
            MacsToClient = Names,
            CompressionsToServer = Names,
            CompressionsToClient = Names,
            IsGuessFollowing = true,
        };
        return
        [
            Of(new Disconnect(2, "text", "en")),
            Of(new Ignore(Bytes)),
            Of(new Unimplemented(7)),
            Of(new Debug(true, "text", "")),
            Of(new ServiceRequest("ssh-userauth")),
            Of(new ServiceAccept("ssh-userauth")),
            Of(new ExtInfo([new ExtInfo.Extension("name", Bytes), new ExtInfo.Extension("other", [])])),
            Of(kexInit),
            Of(default(NewKeys)),
            Of(new KexEcdhInit(Bytes)),
            Of(new KexEcdhReply(Bytes, Bytes, Bytes)),
            Of(new UserAuthRequest("user", "ssh-connection", "none", Bytes), Bytes.Length),
            Of(new UserAuthFailure(Names, true)),
            Of(default(UserAuthSuccess)),
            Of(new UserAuthBanner("text", "")),
            Of(new UserAuthPublicKeyOk("ssh-ed25519", Bytes)),
            Of(new UserAuthInfoRequest("name", "instruction", [new("Code: ", IsEchoed: true), new("Password: ", IsEchoed: false)])),
            Of(new UserAuthInfoResponse(["123456", ""])),
            Of(new GlobalRequestMessage("name", true, Bytes), Bytes.Length),
            Of(new RequestSuccess(Bytes), Bytes.Length),
            Of(default(RequestFailure)),
            Of(new ChannelOpen("session", 1, 2, 3, Bytes), Bytes.Length),
            Of(new ChannelOpenConfirmation(1, 2, 3, 4)),
            Of(new ChannelOpenFailure(1, 2, "text", "")),
            Of(new ChannelWindowAdjust(1, uint.MaxValue)),
            Of(new ChannelEof(1)),
            Of(new ChannelClose(1)),
            Of(new ChannelRequestMessage(1, "shell", true, Bytes), Bytes.Length),
            Of(new ChannelSuccess(1)),
            Of(new ChannelFailure(1)),
            Of(new Ping(Bytes)),
            Of(new Pong(Bytes)),
            new Sample(nameof(ChannelData), Encode(new ChannelData(1, Bytes)), 12, false, Again<ChannelData>),
            new Sample(nameof(ChannelExtendedData), Encode(new ChannelExtendedData(1, 1, Bytes)), 16, false, Again<ChannelExtendedData>),
            Part(new KeyboardInteractiveRequest("", "totp")),
            Part(new DirectTcpIpOpen("host", 80, "127.0.0.1", 1024)),
            Part(new DirectStreamLocalOpen("/run/socket", "", 0)),
            Part(new ForwardedTcpIpOpen("localhost", 80, "127.0.0.1", 1024)),
            Part(new ForwardedStreamLocalOpen("/run/socket", "")),
            Part(new TcpIpForwardRequest("localhost", 80)),
            Part(new TcpIpForwardReply(1024)),
            Part(new StreamLocalForwardRequest("/run/socket")),
            Part(new BreakRequest(500)),
            Part(new XonXoffRequest(true)),
            Part(new EnvRequest("NAME", "value")),
            Part(new ExecRequest(Bytes)),
            Part(new SubsystemRequest("sftp")),
            Part(new SignalRequest("TERM")),
            Part(new ExitStatusRequest(7)),
            Part(new ExitSignalRequest("KILL", true, "text", "")),
            Part(new PtyRequest("xterm", new TerminalSize(80, 24, 0, 0), Bytes)),
            Part(new WindowChangeRequest(new TerminalSize(80, 24, 640, 480))),
        ];
    }

    private static Sample Of<T>(T message, int restLength = 0)
        where T : IMessage<T>
    {
        var payload = Encode(message);
        return new Sample(typeof(T).Name, payload, payload.Length - restLength, false, Again<T>);
    }

    private static Sample Part<T>(T part)
        where T : IMessagePart<T>
    {
        var payload = MessageCodec.WritePart(part, 1024);
        return new Sample(typeof(T).Name, payload, payload.Length, true, bytes =>
            MessageCodec.WritePart(MessageCodec.ReadPart<T>(bytes), 1024 + (2 * bytes.Length)));
    }

    private static byte[] Again<T>(ReadOnlySpan<byte> payload)
        where T : IMessage<T>, allows ref struct => Encode(MessageCodec.Read<T>(payload), payload.Length);

    private static byte[] Encode<T>(scoped in T message, int length = 0)
        where T : IMessage<T>, allows ref struct
    {
        var buffer = new byte[1024 + (2 * length)];
        return buffer[..MessageCodec.Write(message, buffer)];
    }

    private sealed record Sample(string Name, byte[] Payload, int FixedLength, bool IsPart, Reencode Reencode);
}

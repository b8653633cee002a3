using System.Reflection;
using System.Text;
using Postern.Ssh.Messages;
using Postern.Ssh.Transport;
using Postern.Ssh.Wire;

namespace Fuzz.Targets;

/// <summary>
/// Every message of the protocol and every typed tail of one, found by their interfaces so that none can be forgotten.
/// What is read must also be written and read again as the same bytes.
/// </summary>
internal static class MessageTargets
{
    private static readonly byte[][] Words =
    [
        .. "ssh-userauth,ssh-connection,none,publickey,publickey-hostbound-v00@openssh.com,ssh-ed25519,session,direct-tcpip,shell,exec,env,pty-req,exit-status,xterm,127.0.0.1,,,curve25519-sha256,kex-strict-c-v00@openssh.com"
            .Split(',').Select(Encoding.ASCII.GetBytes),
    ];

    public static IEnumerable<FuzzTarget> All()
    {
        foreach (var type in typeof(MessageCodec).Assembly.GetTypes().Where(t => !t.IsAbstract).OrderBy(t => t.Name, StringComparer.Ordinal))
        {
            var method = Implements(type, typeof(IMessage<>)) ? nameof(ReadMessage)
                : Implements(type, typeof(IMessagePart<>)) ? nameof(ReadPart)
                : null;
            if (method is null || type.IsByRefLike)
            {
                continue;
            }

            var run = typeof(MessageTargets).GetMethod(method, BindingFlags.NonPublic | BindingFlags.Static)!
                .MakeGenericMethod(type).CreateDelegate<Func<byte[], string>>();
            byte[] number = method == nameof(ReadMessage) ? [Number(type)] : [];
            yield return new FuzzTarget(type.Name, Seeds(number), run) { Dictionary = Words };
        }

        yield return new FuzzTarget(nameof(ChannelData), Seeds([MessageNumber.ChannelData]), bytes =>
            "data " + MessageCodec.Read<ChannelData>(bytes).Data.IsEmpty);
        yield return new FuzzTarget(nameof(ChannelExtendedData), Seeds([MessageNumber.ChannelExtendedData]), bytes =>
            "data " + MessageCodec.Read<ChannelExtendedData>(bytes).Data.IsEmpty);
        yield return new FuzzTarget(nameof(PublicKeyRequest), Seeds([]), bytes =>
        {
            var reader = new WireReader(bytes);
            return "signed " + (PublicKeyRequest.Read(ref reader, isHostBound: bytes.Length % 2 == 0).Signature is not null);
        })
        { Dictionary = Words };
        yield return new FuzzTarget("IdentificationString", ["SSH-2.0-OpenSSH_9.2 comment\r\n"u8.ToArray(), "SSH-1.99-x\n"u8.ToArray()], bytes =>
            "taken " + Math.Min(1, IdentificationString.TryRead(bytes, out _)))
        { Refusal = typeof(DisconnectException) };
        yield return new FuzzTarget("WireReader", [[.. Enumerable.Range(0, 64).Select(i => (byte)i)]], ReadFields);
    }

    private static string ReadMessage<T>(byte[] bytes)
        where T : IMessage<T>
    {
        var message = MessageCodec.Read<T>(bytes);
        var first = new byte[1024 + (2 * bytes.Length)];
        var length = MessageCodec.Write(message, first);
        var second = new byte[first.Length];
        var again = MessageCodec.Write(MessageCodec.Read<T>(first.AsSpan(0, length)), second);
        Require(first.AsSpan(0, length).SequenceEqual(second.AsSpan(0, again)));
        return "read";
    }

    private static string ReadPart<T>(byte[] bytes)
        where T : IMessagePart<T>
    {
        var size = 1024 + (2 * bytes.Length);
        var first = MessageCodec.WritePart(MessageCodec.ReadPart<T>(bytes), size);
        Require(first.AsSpan().SequenceEqual(MessageCodec.WritePart(MessageCodec.ReadPart<T>(first), size)));
        return "read";
    }

    /// <summary>The input says which fields to read of itself.</summary>
    private static string ReadFields(byte[] bytes)
    {
        var reader = new WireReader(bytes);
        var outcome = "";
        for (var i = 0; i < 16; i++)
        {
            var kind = reader.ReadByte();
            var limit = kind < 128 ? 16 : WireLimits.Text;
            ulong read = (kind % 9) switch
            {
                0 => reader.ReadByte(),
                1 => reader.ReadBoolean() ? 1u : 0u,
                2 => reader.ReadUInt32(),
                3 => reader.ReadUInt64(),
                4 => (ulong)reader.ReadString(limit).Length,
                5 => (ulong)reader.ReadText(limit).Length,
                6 => (ulong)reader.ReadNameList(limit).Length,
                7 => (ulong)reader.ReadMpint(limit).Length,
                _ => (ulong)reader.ReadName(limit).Length,
            };
            outcome += (char)('a' + (kind % 9)) + (read == 0 ? "-" : "+");
        }

        reader.RequireEnd();
        return outcome;
    }

    private static byte Number(Type type) => (byte)type.GetProperty("Number", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!;

    private static bool Implements(Type type, Type definition) =>
        type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == definition);

    /// <summary>The shapes that fields have; mutation finds the rest of the way by what the decoder says.</summary>
    private static byte[][] Seeds(byte[] number)
    {
        byte[] text = [0, 0, 0, 4, .. "name"u8];
        byte[] count = [0, 0, 0, 1];
        return
        [
            [.. number],
            [.. number, .. text],
            [.. number, .. count, .. text],
            [.. number, .. count, .. count, .. text],
            [.. number, .. text, .. count, .. text, .. count],
            [.. number, .. text, .. text, 0],
            [.. number, .. text, .. text, .. text, .. count],
            [.. number, .. text, .. count, .. count, .. count, .. count, .. text],
            [.. number, 1, .. text, .. text, .. text],
            [.. number, .. count, .. text, 1, .. text],
            [.. number, .. count, .. count, .. count, .. count],
            [.. number, .. new byte[16], .. Enumerable.Repeat(text, 10).SelectMany(t => t), 0, 0, 0, 0, 0],
        ];
    }

    private static void Require(bool isSame)
    {
        if (!isSame)
        {
            throw new InvalidOperationException("what was read and written is read differently");
        }
    }
}

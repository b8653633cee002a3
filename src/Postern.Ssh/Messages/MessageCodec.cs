using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>Reads and writes whole messages: checks the number in front and refuses bytes behind the last field.</summary>
internal static class MessageCodec
{
    public static T Read<T>(ReadOnlySpan<byte> payload)
        where T : IMessage<T>, allows ref struct
    {
        var reader = new WireReader(payload);
        var number = reader.ReadByte();
        if (number != T.Number)
        {
            WireFormatException.Throw($"message number {number} where {T.Number} belongs");
        }

        var message = T.Read(ref reader);
        reader.RequireEnd();
        return message;
    }

    public static T ReadPart<T>(ReadOnlySpan<byte> rest)
        where T : IMessagePart<T>
    {
        var reader = new WireReader(rest);
        var part = T.Read(ref reader);
        reader.RequireEnd();
        return part;
    }

    /// <summary>Writes number and fields, and returns how many bytes that took.</summary>
    public static int Write<T>(scoped in T message, Span<byte> payload)
        where T : IMessage<T>, allows ref struct
    {
        var writer = new WireWriter(payload);
        writer.WriteByte(T.Number);
        message.Write(ref writer);
        return writer.Position;
    }

    /// <summary>Encodes a tail for the rest of an open-ended message.</summary>
    public static byte[] WritePart<T>(in T part, int maximumLength)
        where T : IMessagePart<T>
    {
        var buffer = new byte[maximumLength];
        var writer = new WireWriter(buffer);
        part.Write(ref writer);
        return writer.Written.ToArray();
    }
}

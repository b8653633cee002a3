using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>Answer to a message number that is not known (RFC 4253 section 11.4).</summary>
/// <remarks><code>
/// byte      SSH_MSG_UNIMPLEMENTED (3)
/// uint32    packet sequence number of rejected message
/// </code></remarks>
internal readonly record struct Unimplemented(uint SequenceNumber) : IMessage<Unimplemented>
{
    public static byte Number => MessageNumber.Unimplemented;

    public static Unimplemented Read(scoped ref WireReader reader) => new(reader.ReadUInt32());

    public void Write(scoped ref WireWriter writer) => writer.WriteUInt32(SequenceNumber);
}

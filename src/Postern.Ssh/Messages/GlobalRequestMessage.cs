using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>A request that belongs to no channel (RFC 4254 section 4).</summary>
/// <remarks><code>
/// byte      SSH_MSG_GLOBAL_REQUEST (80)
/// string    request name
/// boolean   want reply
/// ....      request-specific data
/// </code></remarks>
internal readonly record struct GlobalRequestMessage(string Name, bool WantsReply, byte[] Rest) : IMessage<GlobalRequestMessage>
{
    public static byte Number => MessageNumber.GlobalRequest;

    public static GlobalRequestMessage Read(scoped ref WireReader reader) => new(
        reader.ReadName(WireLimits.ExtendedName),
        reader.ReadBoolean(),
        reader.ReadRest().ToArray());

    public void Write(scoped ref WireWriter writer)
    {
        writer.WriteText(Name);
        writer.WriteBoolean(WantsReply);
        writer.WriteBytes(Rest);
    }
}

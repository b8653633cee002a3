using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>The tail of an open-ended message, which a name in front of it selects.</summary>
/// <typeparam name="TSelf">The part itself.</typeparam>
internal interface IMessagePart<TSelf>
    where TSelf : IMessagePart<TSelf>
{
    /// <summary>Reads all fields. Throws <see cref="WireFormatException"/> and nothing else.</summary>
    static abstract TSelf Read(scoped ref WireReader reader);

    /// <summary>Writes all fields.</summary>
    void Write(scoped ref WireWriter writer);
}

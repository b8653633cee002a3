namespace Postern.Ssh.Wire;

/// <summary>
/// One message of the protocol: a value that knows its number and both directions of its encoding. Messages that own
/// their data are records; the data messages are ref structs over the receive buffer, so that the compiler forbids
/// keeping them.
/// </summary>
/// <typeparam name="TSelf">The message itself.</typeparam>
public interface IMessage<TSelf>
    where TSelf : IMessage<TSelf>, allows ref struct
{
    /// <summary>The message number (RFC 4250 section 4.1), the first byte of the payload.</summary>
    static abstract byte Number { get; }

    /// <summary>Reads the fields after the number. Throws <see cref="WireFormatException"/> and nothing else.</summary>
    static abstract TSelf Read(scoped ref WireReader reader);

    /// <summary>Writes the fields after the number.</summary>
    void Write(scoped ref WireWriter writer);
}

using Postern.Ssh.Messages;
using Postern.Ssh.Server;

namespace Postern.Ssh.Transport;

/// <summary>
/// What a <see cref="ConnectionLoop"/> leaves to the side that the connection plays: who is who, and what may come when.
/// All members are called under the dispatch lock, but for the identification string, which comes before it is needed.
/// </summary>
internal interface IConnectionRole
{
    /// <summary>
    /// Whether messages of the connection protocol are taken from a peer that has begun to change keys, which RFC 4253
    /// section 7.1 forbids it to send.
    /// </summary>
    bool TakesMessagesBetweenKeys { get; }

    /// <summary>
    /// Looks for a line of the peer in front of its first packet. Returns how many bytes it takes, or 0 when more must
    /// be read first; the version is null when the line is one to skip. Throws <see cref="DisconnectException"/> as soon
    /// as the bytes cannot become what they must.
    /// </summary>
    int ReadIdentification(ReadOnlySpan<byte> bytes, out string? version);

    /// <summary>The first key exchange is over.</summary>
    void OnFirstKeys();

    /// <summary>Takes EXT_INFO, or throws <see cref="DisconnectException"/> where it may not come (RFC 8308 section 2.4).</summary>
    void ReceiveExtInfo(ExtInfo extensions, bool isAfterFirstKeys);

    /// <summary>
    /// Takes a message of authentication: numbers 5, 6 and 50 to 79. False when the side does not know it. Throws
    /// <see cref="DisconnectException"/> when it may not come.
    /// </summary>
    bool ReceiveAuthentication(ReadOnlySpan<byte> payload);

    /// <summary>The task given to <see cref="ConnectionLoop.Suspend"/> has succeeded; its effects are due.</summary>
    void OnResumed();

    /// <summary>The connection is over, and its channels have been told. Called once.</summary>
    void OnEnded(ConnectionEnd end);
}

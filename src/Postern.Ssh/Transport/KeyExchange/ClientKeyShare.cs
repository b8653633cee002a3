namespace Postern.Ssh.Transport.KeyExchange;

/// <summary>
/// The client's half of a key exchange under way: its public value, and the private one behind it, which disposing
/// clears.
/// </summary>
internal abstract class ClientKeyShare : IDisposable
{
    /// <summary>Our public value, Q_C or C_INIT.</summary>
    public abstract ReadOnlyMemory<byte> Public { get; }

    /// <summary>
    /// Takes the server's public value and returns K as it goes into the hashes, encoded as the method says; the
    /// caller clears it. Throws <see cref="DisconnectException"/> when the value is not a valid one.
    /// </summary>
    public abstract byte[] Complete(ReadOnlySpan<byte> serverPublic);

    /// <summary>Clears the private value.</summary>
    public abstract void Dispose();
}

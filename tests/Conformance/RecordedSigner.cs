using System.Security.Cryptography;
using Postern.Ssh.Keys;

namespace Conformance;

/// <summary>
/// A host key whose signatures are another each time, as ECDSA's are: recorded with what else went over the wire, and
/// repeated only over the same data, which is the exchange hash.
/// </summary>
internal sealed class RecordedSigner(ISigner key, Transcript transcript) : ISigner
{
    /// <inheritdoc/>
    public PublicKey PublicKey => key.PublicKey;

    /// <inheritdoc/>
    public byte[] Sign(string algorithm, ReadOnlySpan<byte> data)
    {
        // When the session is being recorded the client judges it; the replay that follows finds it here.
        transcript.Signature ??= key.Sign(algorithm, data);
        return PublicKey.Verify(algorithm, data, transcript.Signature)
            ? transcript.Signature
            : throw new CryptographicException("the exchange hash is not the one that was signed when the session was recorded");
    }
}

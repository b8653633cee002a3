using System.Security.Cryptography;

namespace Postern.Ssh.Transport.KeyExchange;

/// <summary>What a key exchange method came to. Disposing it clears the secret.</summary>
/// <param name="ServerPublic">Our public value, Q_S.</param>
/// <param name="EncodedSecret">K as it goes into the hashes, encoded as the method says (mpint or string).</param>
internal sealed record KeyAgreement(byte[] ServerPublic, byte[] EncodedSecret) : IDisposable
{
    public void Dispose() => CryptographicOperations.ZeroMemory(EncodedSecret);
}

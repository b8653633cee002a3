using System.Security.Cryptography;

namespace Postern.Ssh.Transport.KeyExchange;

/// <summary>
/// Keys from a key exchange (RFC 4253 section 7.2): HASH(K || H || letter || session_id), and, where that is too
/// short, HASH(K || H || all so far) after it.
/// </summary>
internal sealed class KeyDerivation(HashAlgorithmName hash, byte[] encodedSecret, byte[] exchangeHash, byte[] sessionId)
{
    public const char InitialVectorToServer = 'A';
    public const char InitialVectorToClient = 'B';
    public const char KeyToServer = 'C';
    public const char KeyToClient = 'D';

    /// <summary>Derives <paramref name="length"/> bytes; the caller clears them after use.</summary>
    public byte[] Derive(char letter, int length)
    {
        using var digest = IncrementalHash.CreateHash(hash);
        var key = GC.AllocateArray<byte>(length, pinned: true);
        var filled = 0;
        while (filled < length)
        {
            digest.AppendData(encodedSecret);
            digest.AppendData(exchangeHash);
            if (filled == 0)
            {
                digest.AppendData([(byte)letter]);
                digest.AppendData(sessionId);
            }
            else
            {
                digest.AppendData(key.AsSpan(0, filled));
            }

            var block = digest.GetHashAndReset();
            var taken = Math.Min(block.Length, length - filled);
            block.AsSpan(0, taken).CopyTo(key.AsSpan(filled));
            CryptographicOperations.ZeroMemory(block);
            filled += taken;
        }

        return key;
    }
}

using System.Security.Cryptography;
using Postern.Ssh.Transport.Ciphers;

namespace Postern.Ssh.Transport.KeyExchange;

/// <summary>
/// Keys from a key exchange (RFC 4253 section 7.2): HASH(K || H || letter || session_id), and, where that is too
/// short, HASH(K || H || all so far) after it.
/// </summary>
internal sealed class KeyDerivation(HashAlgorithmName hash, byte[] encodedSecret, byte[] exchangeHash, byte[] sessionId)
{
    private const char InitialVectorToServer = 'A';
    private const char InitialVectorToClient = 'B';
    private const char KeyToServer = 'C';
    private const char KeyToClient = 'D';
    private const char MacKeyToServer = 'E';
    private const char MacKeyToClient = 'F';

    /// <summary>Makes the sealing end of a direction.</summary>
    public PacketEncryptor CreateEncryptor(CipherSuite suite, bool isToServer)
    {
        var (key, vector, macKey) = DeriveAll(suite, isToServer);
        try
        {
            return suite.CreateEncryptor(key, vector, macKey);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
            CryptographicOperations.ZeroMemory(macKey);
        }
    }

    /// <summary>Makes the opening end of a direction.</summary>
    public PacketDecryptor CreateDecryptor(CipherSuite suite, bool isToServer)
    {
        var (key, vector, macKey) = DeriveAll(suite, isToServer);
        try
        {
            return suite.CreateDecryptor(key, vector, macKey);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
            CryptographicOperations.ZeroMemory(macKey);
        }
    }

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

    private (byte[] Key, byte[] InitialVector, byte[] MacKey) DeriveAll(CipherSuite suite, bool isToServer) => (
        Derive(isToServer ? KeyToServer : KeyToClient, suite.KeyLength),
        Derive(isToServer ? InitialVectorToServer : InitialVectorToClient, suite.InitialVectorLength),
        Derive(isToServer ? MacKeyToServer : MacKeyToClient, suite.MacKeyLength));
}

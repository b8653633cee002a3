using Postern.Ssh.Wire;

namespace Postern.Ssh.Keys;

/// <summary>Writes signature blobs (RFC 4253 section 6.6): the algorithm's name and the signature.</summary>
internal static class SignatureBlob
{
    public static byte[] Write(string algorithm, ReadOnlySpan<byte> signature)
    {
        var blob = new byte[sizeof(uint) + algorithm.Length + sizeof(uint) + signature.Length];
        var writer = new WireWriter(blob);
        writer.WriteText(algorithm);
        writer.WriteString(signature);
        return blob;
    }
}

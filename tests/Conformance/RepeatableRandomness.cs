using System.Buffers.Binary;
using System.Security.Cryptography;
using Postern.Ssh.Transport;

namespace Conformance;

/// <summary>The same bytes and the same keys in every run, of one connection.</summary>
internal sealed class RepeatableRandomness : IRandomSource
{
    private int _count;

    /// <inheritdoc/>
    public void Fill(Span<byte> bytes)
    {
        Span<byte> counter = stackalloc byte[sizeof(int)];
        for (var filled = 0; filled < bytes.Length; filled += SHA256.HashSizeInBytes)
        {
            BinaryPrimitives.WriteInt32BigEndian(counter, _count++);
            var block = SHA256.HashData(counter);
            block.AsSpan(0, Math.Min(block.Length, bytes.Length - filled)).CopyTo(bytes[filled..]);
        }
    }

    /// <summary>A key whose private number has all the bits that the curve's order has, and no more.</summary>
    ECDiffieHellman IRandomSource.CreateKey(ECCurve curve)
    {
        using var another = ECDiffieHellman.Create(curve);
        var bits = another.KeySize;
        var number = new byte[(bits + 7) / 8];
        Fill(number);
        number[0] &= (byte)(0xff >> ((8 * number.Length) - bits));
        return ECDiffieHellman.Create(new ECParameters { Curve = curve, D = number });
    }
}

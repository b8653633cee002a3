using System.Buffers.Binary;
using Postern.Ssh.Transport;

namespace Postern.Gateway.Tests.Testing;

/// <summary>Draws the numbers that a test gives, the last one again and again.</summary>
internal sealed class FixedRandomness(params uint[] numbers) : IRandomSource
{
    private int _next;

    public void Fill(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, numbers[Math.Min(_next, numbers.Length - 1)]);
        _next++;
    }
}

namespace Conformance;

/// <summary>Bytes that depend on their position, so that loss, repetition and reordering all show.</summary>
public static class Pattern
{
    public static void Fill(Span<byte> bytes, long position)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            var p = position + i;
            bytes[i] = (byte)(p ^ (p >> 8) ^ (p >> 16) ^ (p >> 24));
        }
    }

    public static byte[] Make(int length)
    {
        var bytes = new byte[length];
        Fill(bytes, 0);
        return bytes;
    }
}

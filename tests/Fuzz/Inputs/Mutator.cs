using System.Buffers.Binary;

namespace Fuzz.Inputs;

/// <summary>
/// Changes inputs at random and by structure: it knows that SSH puts a length of four bytes in front of every string,
/// finds such strings, and can change what is inside with or without mending the length.
/// </summary>
internal sealed class Mutator(Random random, IReadOnlyList<byte[]> dictionary)
{
    private const int MostChanges = 6;

    private static readonly uint[] Numbers =
    [
        0, 1, 2, 4, 5, 7, 127, 128, 255, 256, 32_767, 32_768, 65_535, 65_536, 262_144, 0x7fff_fff0, 0x7fff_fffe, 0x7fff_ffff,
        0x8000_0000, 0x8000_0001, 0xffff_fffb, 0xffff_fffc, 0xffff_fffe, 0xffff_ffff,
    ];

    /// <summary>A changed copy, never longer than <paramref name="longest"/>.</summary>
    public byte[] Mutate(byte[] input, IReadOnlyList<byte[]> others, int longest)
    {
        var bytes = input;
        for (var changes = 1 + random.Next(MostChanges); changes > 0; changes--)
        {
            bytes = Change(bytes, others);
        }

        return bytes.Length > longest ? bytes[..longest] : bytes;
    }

    private byte[] Change(byte[] bytes, IReadOnlyList<byte[]> others)
    {
        var kind = random.Next(14);
        if (bytes.Length == 0 && kind < 10)
        {
            kind = 10;
        }

        var at = random.Next(bytes.Length + 1);
        var end = Math.Min(bytes.Length, at + random.Next(1 + Math.Min(bytes.Length, 64)));
        switch (kind)
        {
            case 0 or 1:
                return With(bytes, copy => copy[random.Next(copy.Length)] ^= (byte)(1 << random.Next(8)));
            case 2:
                return With(bytes, copy => copy[random.Next(copy.Length)] = (byte)random.Next(256));
            case 3:
                return bytes[..at];
            case 4:
                return [.. bytes[..at], .. bytes[end..]];
            case 5:
                return [.. bytes[..end], .. bytes[at..]];
            case 6 or 7 when bytes.Length >= 4:
                return With(bytes, copy => BinaryPrimitives.WriteUInt32BigEndian(
                    copy.AsSpan(random.Next(copy.Length - 3)), Numbers[random.Next(Numbers.Length)]));
            case 8 or 9:
                return ChangeString(bytes, others);
            case 10:
                return [.. bytes[..at], .. Noise(random.Next(32)), .. bytes[at..]];
            case 11 when dictionary.Count > 0:
                return [.. bytes[..at], .. dictionary[random.Next(dictionary.Count)], .. bytes[end..]];
            case 12:
                var other = others[random.Next(others.Count)];
                return [.. bytes[..at], .. other[random.Next(other.Length + 1)..]];
            default:
                return [.. bytes[..at], .. Repeated(), .. bytes[at..]];
        }
    }

    /// <summary>Changes one string or its length; the length fits afterwards, lies by little or lies by much.</summary>
    private byte[] ChangeString(byte[] bytes, IReadOnlyList<byte[]> others)
    {
        var strings = FindStrings(bytes);
        if (strings.Count == 0)
        {
            return [.. bytes, 0, 0, 0, 0];
        }

        var (at, length) = strings[random.Next(strings.Count)];
        var content = bytes.AsSpan(at + 4, length).ToArray();
        byte[] changed = random.Next(6) switch
        {
            0 => [],
            1 => Noise(random.Next(64)),
            2 when dictionary.Count > 0 => dictionary[random.Next(dictionary.Count)],
            3 => [.. content, .. content],
            4 => content.Length == 0 ? [0] : Change(content, others),
            _ => Repeated(),
        };
        var header = new byte[4];
        var claimed = (uint)changed.Length + (random.Next(8) == 0 ? (uint)random.Next(5) - 2 : 0);
        BinaryPrimitives.WriteUInt32BigEndian(header, claimed);
        return [.. bytes[..at], .. header, .. changed, .. bytes[(at + 4 + length)..]];
    }

    private List<(int At, int Length)> FindStrings(byte[] bytes)
    {
        var strings = new List<(int, int)>();
        // Any place will do where the number fits; a start at random keeps this quick on long inputs.
        var start = bytes.Length > 4096 ? random.Next(bytes.Length - 4096) : 0;
        for (var i = start; i + 4 <= bytes.Length && i < start + 4096; i++)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(i));
            if (length <= (uint)(bytes.Length - i - 4) && (length > 0 || random.Next(4) == 0))
            {
                strings.Add((i, (int)length));
            }
        }

        return strings;
    }

    private byte[] Noise(int length)
    {
        var noise = new byte[length];
        random.NextBytes(noise);
        return noise;
    }

    /// <summary>One piece many times: what makes lists long and nesting deep.</summary>
    private byte[] Repeated()
    {
        var piece = dictionary.Count > 0 && random.Next(2) == 0 ? dictionary[random.Next(dictionary.Count)] : Noise(1 + random.Next(3));
        var times = 1 + random.Next(random.Next(20) == 0 ? 5000 : 40);
        return [.. Enumerable.Repeat(piece, times).SelectMany(p => p)];
    }

    private static byte[] With(byte[] bytes, Action<byte[]> change)
    {
        var copy = (byte[])bytes.Clone();
        change(copy);
        return copy;
    }
}

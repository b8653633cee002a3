using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Postern.Login.Passwords;

/// <summary>
/// Looks passwords up in a file of leaked ones, in the form that "Have I Been Pwned" offers for download: one line
/// <c>SHA-1:count</c> each, in the order of the hashes. It is searched on the disk, so the 40 GB of the whole list cost no
/// memory, and nothing leaves the machine.
/// </summary>
public sealed class BreachedPasswordFile
{
    /// <summary>Characters of a SHA-1 in hex.</summary>
    private const int HashLength = 40;

    /// <summary>Bytes of the longest line: hash, colon, a count of up to 20 digits and the line's end.</summary>
    private const int LongestLine = 64;

    /// <summary>Steps of a search: enough for 2^48 bytes; a file in disorder cannot make it go on.</summary>
    private const int MostSteps = 64;

    private static readonly SearchValues<byte> HexDigits = SearchValues.Create("0123456789ABCDEFabcdef"u8);

    private readonly string _path;

    private BreachedPasswordFile(string path) => _path = path;

    /// <summary>Opens the file. Throws <see cref="IOException"/> or <see cref="InvalidDataException"/> when it is not such a file.</summary>
    public static BreachedPasswordFile Open(string path)
    {
        var result = new BreachedPasswordFile(path);
        using var file = result.OpenFile();
        if (ReadLine(file, 0) is null)
        {
            throw new InvalidDataException($"{path} does not begin with a line 'SHA-1:count'");
        }

        return result;
    }

    /// <summary>Whether the password is in the file. Throws <see cref="IOException"/> when the file cannot be read any more.</summary>
    public bool Contains(string password)
    {
#pragma warning disable CA5350 // The form of the list; nothing is protected by it.
        var hash = Convert.ToHexString(SHA1.HashData(Encoding.UTF8.GetBytes(password)));
#pragma warning restore CA5350
        using var file = OpenFile();
        long low = 0;
        var high = RandomAccess.GetLength(file);
        for (var step = 0; step < MostSteps && low < high; step++)
        {
            var middle = low + ((high - low) / 2);
            var start = StartOfLine(file, middle);
            if (ReadLine(file, start) is not { } line)
            {
                throw new InvalidDataException($"{_path} has a line that is not 'SHA-1:count' near byte {start.ToString(CultureInfo.InvariantCulture)}");
            }

            switch (string.CompareOrdinal(hash, line.Hash))
            {
                case 0:
                    return true;
                case < 0:
                    high = start;
                    break;
                default:
                    low = start + line.Length;
                    break;
            }
        }

        return false;
    }

    private Microsoft.Win32.SafeHandles.SafeFileHandle OpenFile() =>
        File.OpenHandle(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.RandomAccess);

    private static long StartOfLine(Microsoft.Win32.SafeHandles.SafeFileHandle file, long position)
    {
        var from = Math.Max(0, position - LongestLine);
        Span<byte> buffer = stackalloc byte[LongestLine];
        var length = RandomAccess.Read(file, buffer[..(int)(position - from)], from);
        var lineEnd = buffer[..length].LastIndexOf((byte)'\n');
        return lineEnd < 0 ? from : from + lineEnd + 1;
    }

    private static (string Hash, int Length)? ReadLine(Microsoft.Win32.SafeHandles.SafeFileHandle file, long start)
    {
        Span<byte> buffer = stackalloc byte[LongestLine];
        buffer = buffer[..RandomAccess.Read(file, buffer, start)];
        var lineEnd = buffer.IndexOf((byte)'\n');
        var length = lineEnd < 0 ? buffer.Length : lineEnd + 1;
        var hash = buffer[..Math.Min(HashLength, length)];
        return hash.Length == HashLength && length > HashLength + 1 && buffer[HashLength] == ':' && Ascii.IsValid(hash)
            && !hash.ContainsAnyExcept(HexDigits)
            ? (Encoding.ASCII.GetString(hash).ToUpperInvariant(), length)
            : null;
    }
}

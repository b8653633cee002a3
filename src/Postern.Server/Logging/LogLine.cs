using System.Globalization;
using System.Text;

namespace Postern.Server.Logging;

/// <summary>
/// One line in the making: it never holds a line end or another control character but the one at its end, whatever is
/// appended, and never more bytes than it may.
/// </summary>
internal ref struct LogLine(Span<byte> buffer, int longest)
{
    // Of UTF-8, in bytes.
    private const int LongestCharacter = 4;

    private readonly int _longest = longest;
    private Span<byte> _buffer = buffer;
    private int _length;

    /// <summary>The time, to the second, and a blank.</summary>
    public void AppendTime(DateTimeOffset time)
    {
        Reserve(32);
        time.TryFormat(_buffer[_length..], out var written, "yyyy-MM-ddTHH:mm:ssZ ", CultureInfo.InvariantCulture);
        _length += written;
    }

    /// <summary>The number of an event in brackets, and a blank.</summary>
    public void AppendNumber(int number)
    {
        Span<char> text = stackalloc char[16];
        text.TryWrite(CultureInfo.InvariantCulture, $"[{number}] ", out var written);
        Append(text[..written]);
    }

    /// <summary>A text, with blanks for its control characters; what is too long is cut off.</summary>
    public void Append(scoped ReadOnlySpan<char> text)
    {
        // One place is the line end's.
        var room = _longest - _length - 1;
        if (room < LongestCharacter)
        {
            return;
        }

        Reserve(Math.Min(room, Encoding.UTF8.GetMaxByteCount(text.Length)) + 1);
        Encoding.UTF8.TryGetBytes(text, _buffer.Slice(_length, Math.Min(room, _buffer.Length - _length - 1)), out var written);
        if (written == 0 && text.Length > 0)
        {
            Encoding.UTF8.GetEncoder().Convert(text, _buffer.Slice(_length, room), flush: false, out _, out written, out _);
        }

        // Bytes below 0x80 are characters of their own in UTF-8.
        foreach (ref var one in _buffer.Slice(_length, written))
        {
            one = one is < (byte)' ' or 0x7f ? (byte)' ' : one;
        }

        _length += written;
    }

    /// <summary>The whole line.</summary>
    public ReadOnlySpan<byte> End()
    {
        _buffer[_length] = (byte)'\n';
        return _buffer[..(_length + 1)];
    }

    private void Reserve(int count)
    {
        if (_length + count > _buffer.Length)
        {
            var larger = new byte[Math.Max(2 * _buffer.Length, _length + count)];
            _buffer[.._length].CopyTo(larger);
            _buffer = larger;
        }
    }
}

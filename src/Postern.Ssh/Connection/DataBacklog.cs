using System.Buffers;
using Postern.Ssh.Transport;

namespace Postern.Ssh.Connection;

/// <summary>
/// Data that a channel's handler did not take at once, in pooled blocks; the channel's window bounds it. Belongs to
/// the connection's dispatch lock.
/// </summary>
internal sealed class DataBacklog(MemoryAccount memory)
{
    private const int BlockLength = 64 * 1024;

    private readonly Queue<Block> _blocks = new();

    // Blocks without bytes, for the next ones: a fast stream whose consumer is behind now and then needs some all the time. As many
    // as were there at once, which the window bounds.
    private readonly Stack<Block> _spare = new();
    private Block? _last;

    /// <summary>Whether nothing is kept.</summary>
    public bool IsEmpty => _blocks.Count == 0;

    /// <summary>What is first in line.</summary>
    public ReadOnlySpan<byte> First => _blocks.TryPeek(out var block)
        ? block.Bytes.AsSpan(block.Start, block.End - block.Start)
        : default;

    /// <summary>Keeps a copy.</summary>
    public void Add(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            if (_last is null || _last.End == _last.Bytes.Length)
            {
                _last = _spare.TryPop(out var spare) ? spare : new Block();
                _last.Bytes = ArrayPool<byte>.Shared.Rent(data.Length < BlockLength / 16 ? BlockLength / 16 : BlockLength);
                memory.Add(_last.Bytes.Length);
                _blocks.Enqueue(_last);
            }

            var count = Math.Min(data.Length, _last.Bytes.Length - _last.End);
            data[..count].CopyTo(_last.Bytes.AsSpan(_last.End));
            _last.End += count;
            data = data[count..];
        }
    }

    /// <summary>Drops what was taken from <see cref="First"/>.</summary>
    public void Remove(int count)
    {
        var block = _blocks.Peek();
        block.Start += count;
        if (block.Start == block.End)
        {
            _blocks.Dequeue();
            memory.Add(-block.Bytes.Length);
            ArrayPool<byte>.Shared.Return(block.Bytes);
            if (block == _last)
            {
                _last = null;
            }

            block.Bytes = [];
            block.Start = 0;
            block.End = 0;
            _spare.Push(block);
        }
    }

    /// <summary>Drops everything and returns how much that was.</summary>
    public int Clear()
    {
        var count = 0;
        while (!IsEmpty)
        {
            var length = First.Length;
            count += length;
            Remove(length);
        }

        return count;
    }

    private sealed class Block
    {
        public byte[] Bytes { get; set; } = [];

        public int Start { get; set; }

        public int End { get; set; }
    }
}

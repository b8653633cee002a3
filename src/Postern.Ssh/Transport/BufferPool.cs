using System.Collections.Concurrent;

namespace Postern.Ssh.Transport;

/// <summary>
/// Buffers of one length that are used again. They never move, so that system calls take memory over them without pinning
/// it each time. Any thread.
/// </summary>
/// <param name="length">Of each buffer, in bytes.</param>
/// <param name="kept">How many are kept when nobody needs them.</param>
internal sealed class BufferPool(int length, int kept)
{
    private readonly ConcurrentQueue<byte[]> _free = new();
    private int _count;

    /// <summary>A buffer with whatever was in it.</summary>
    public byte[] Rent()
    {
        if (_free.TryDequeue(out var buffer))
        {
            Interlocked.Decrement(ref _count);
            return buffer;
        }

        return GC.AllocateUninitializedArray<byte>(length, pinned: true);
    }

    /// <summary>Takes a buffer of <see cref="Rent"/> back.</summary>
    public void Return(byte[] buffer)
    {
        if (Interlocked.Increment(ref _count) <= kept)
        {
            _free.Enqueue(buffer);
        }
        else
        {
            Interlocked.Decrement(ref _count);
        }
    }
}

using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Postern.Ssh.EventLoops;

/// <summary>
/// Reads and writes of a non-blocking descriptor, made again when a signal came in between. They return a number of bytes,
/// <see cref="LoopDescriptor.WouldBlock"/>, or <see cref="LoopDescriptor.Broken"/>, also for a descriptor that is closed.
/// </summary>
internal static unsafe class DescriptorCalls
{
    /// <summary>Reads what is there; 0 at the end.</summary>
    public static int Read(SafeHandle descriptor, Span<byte> buffer)
    {
        try
        {
            fixed (byte* start = buffer)
            {
                int? result;
                while ((result = ResultOf(LibC.Read(descriptor, start, buffer.Length))) is null)
                {
                    // A signal came in between.
                }

                return result.Value;
            }
        }
        catch (ObjectDisposedException)
        {
            return LoopDescriptor.Broken;
        }
    }

    /// <summary>The same into several buffers, <see cref="LoopDescriptor.MaximumBuffers"/> at most, one filled after another.</summary>
    public static int Read(SafeHandle descriptor, ReadOnlySpan<Memory<byte>> buffers)
    {
        if (buffers.Length == 1)
        {
            return Read(descriptor, buffers[0].Span);
        }

        var vectors = stackalloc LibC.IoVector[LoopDescriptor.MaximumBuffers];
        Pins pins = default;
        for (var i = 0; i < buffers.Length; i++)
        {
            pins[i] = buffers[i].Pin();
            vectors[i] = new LibC.IoVector { Start = (byte*)pins[i].Pointer, Length = buffers[i].Length };
        }

        return Transfer(descriptor, vectors, buffers.Length, ref pins, isRead: true);
    }

    /// <summary>Writes what fits.</summary>
    public static int Write(SafeHandle descriptor, ReadOnlySpan<byte> data)
    {
        try
        {
            fixed (byte* start = data)
            {
                int? result;
                while ((result = ResultOf(LibC.Write(descriptor, start, data.Length))) is null)
                {
                    // A signal came in between.
                }

                return result.Value;
            }
        }
        catch (ObjectDisposedException)
        {
            return LoopDescriptor.Broken;
        }
    }

    /// <summary>The same from several buffers, <see cref="LoopDescriptor.MaximumBuffers"/> at most, one after another.</summary>
    public static int Write(SafeHandle descriptor, ReadOnlySpan<ReadOnlyMemory<byte>> buffers)
    {
        if (buffers.Length == 1)
        {
            return Write(descriptor, buffers[0].Span);
        }

        var vectors = stackalloc LibC.IoVector[LoopDescriptor.MaximumBuffers];
        Pins pins = default;
        for (var i = 0; i < buffers.Length; i++)
        {
            pins[i] = buffers[i].Pin();
            vectors[i] = new LibC.IoVector { Start = (byte*)pins[i].Pointer, Length = buffers[i].Length };
        }

        return Transfer(descriptor, vectors, buffers.Length, ref pins, isRead: false);
    }

    // Lets go of the pins.
    private static int Transfer(SafeHandle descriptor, LibC.IoVector* vectors, int count, ref Pins pins, bool isRead)
    {
        try
        {
            int? result;
            while ((result = ResultOf(isRead
                ? LibC.ReadVector(descriptor, vectors, count)
                : LibC.WriteVector(descriptor, vectors, count))) is null)
            {
                // A signal came in between.
            }

            return result.Value;
        }
        catch (ObjectDisposedException)
        {
            return LoopDescriptor.Broken;
        }
        finally
        {
            for (var i = 0; i < count; i++)
            {
                pins[i].Dispose();
            }
        }
    }

    // What a call came to; null when it is to be made again.
    private static int? ResultOf(nint count) => count >= 0
        ? (int)count
        : Marshal.GetLastPInvokeError() switch
        {
            LibC.Interrupted => null,
            LibC.TryAgain => LoopDescriptor.WouldBlock,
            _ => LoopDescriptor.Broken,
        };

    [InlineArray(LoopDescriptor.MaximumBuffers)]
    private struct Pins
    {
        private MemoryHandle _first;
    }
}

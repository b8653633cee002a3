using Postern.Ssh.Transport;

namespace Postern.Ssh.Connection;

/// <summary>
/// The channels of one connection by our number for them, and the sum of their windows. Belongs to the connection's
/// dispatch lock.
/// </summary>
internal sealed class ChannelTable(ChannelLimits limits, MemoryAccount memory, ReachedLimits reached)
{
    // A number whose channel is being opened by us has no inbox yet.
    private readonly List<ChannelInbox?> _channels = [];
    private readonly Stack<uint> _freeNumbers = new();
    private int _windowsGranted;

    /// <summary>Numbers in use: channels that are open, or that we asked to open.</summary>
    public int Count { get; private set; }

    /// <summary>The open channels.</summary>
    public IEnumerable<ChannelInbox> All => _channels.OfType<ChannelInbox>();

    /// <summary>Takes a number, and a window out of the connection's budget.</summary>
    public (uint Number, int Window) Reserve()
    {
        if (!_freeNumbers.TryPop(out var number))
        {
            number = (uint)_channels.Count;
            _channels.Add(null);
        }

        // The connection's own budget, and that of the host.
        var isLarge = _windowsGranted + limits.Window <= limits.WindowBudget && !memory.IsTight;
        var window = isLarge ? limits.Window : limits.SmallWindow;
        if (!isLarge)
        {
            reached.Note(EngineLimit.Windows);
        }

        _windowsGranted += window;
        Count++;
        return (number, window);
    }

    /// <summary>Takes more for a window that is to grow; returns what it got, which is all or nothing.</summary>
    public int ReserveMore(int window)
    {
        if (_windowsGranted + window > limits.WindowBudget || memory.IsTight)
        {
            return 0;
        }

        _windowsGranted += window;
        return window;
    }

    /// <summary>Puts a channel in the place that was reserved for it.</summary>
    public void Put(ChannelInbox inbox) => _channels[(int)inbox.Channel.Number] = inbox;

    /// <summary>Gives number and window back.</summary>
    public void Release(uint number, int window)
    {
        _channels[(int)number] = null;
        _freeNumbers.Push(number);
        _windowsGranted -= window;
        Count--;
    }

    /// <summary>The channel of a number. Throws <see cref="DisconnectException"/> when there is none.</summary>
    public ChannelInbox Find(uint number) =>
        (number < (uint)_channels.Count ? _channels[(int)number] : null)
        ?? throw DisconnectException.Protocol($"there is no channel {number}");

    /// <summary>The receiving half of a channel, or null when it is over; its number may be another's by then.</summary>
    public ChannelInbox? Find(ChannelOutbox channel)
    {
        var inbox = channel.Number < _channels.Count ? _channels[(int)channel.Number] : null;
        return inbox?.Channel == channel ? inbox : null;
    }

    /// <summary>The connection is over.</summary>
    public void Clear() => _channels.Clear();
}

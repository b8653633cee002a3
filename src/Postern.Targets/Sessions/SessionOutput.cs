using Microsoft.Win32.SafeHandles;
using Postern.Ssh.Connection;
using Postern.Ssh.EventLoops;
using Postern.Targets.Interop;

namespace Postern.Targets.Sessions;

/// <summary>
/// Moves what a session prints into its channel: straight from the descriptors into packets, as much as window and queue
/// allow. All members belong to the channel's event loop, but for <see cref="Add"/> and <see cref="Start"/> before it starts.
/// </summary>
/// <param name="channel">Where it goes.</param>
/// <param name="onEnded">All sources are at their end.</param>
/// <param name="onRefused">There is something to send, and the channel takes nothing any more; called once.</param>
internal sealed class SessionOutput(Channel channel, Action onEnded, Action onRefused) : IThreadPoolWorkItem, IDisposable
{
    private readonly List<Source> _sources = [];
    private bool _isWaitingForRoom;
    private bool _hasRead;
    private bool _isRefused;
    private bool _isDisposed;

    /// <summary>
    /// Whether something was read since this was last asked, or waits for the peer to make room, or for its turn: on a machine that
    /// stood still for a moment, what was printed before that.
    /// </summary>
    internal bool IsActive
    {
        get
        {
            bool isActive = _hasRead || _isWaitingForRoom || HasUnread;
            _hasRead = false;
            return isActive;
        }
    }

    /// <summary>Whether all sources are at their end.</summary>
    internal bool HasEnded => _sources.TrueForAll(source => source.HasEnded);

    /// <summary>Adds a descriptor, which does not block, and watches it.</summary>
    /// <param name="handle">The descriptor; <see cref="Dispose"/> closes it.</param>
    /// <param name="isStandardError">Whether it is what the command prints as errors.</param>
    /// <param name="onWritable">Called when it has room to write again, where it is written to as well.</param>
    internal LoopDescriptor Add(SafeFileHandle handle, bool isStandardError, Action? onWritable = null)
    {
        var source = new Source(this, channel, handle, isStandardError, onWritable);
        _sources.Add(source);
        return source.Descriptor;
    }

    /// <summary>Begins to read, as soon as there is something.</summary>
    internal void Start()
    {
        foreach (Source source in _sources)
        {
            if (source.Descriptor.AwaitReadable())
            {
                channel.Loop.Post(source);
            }
        }
    }

    /// <summary>Closes what is read, so that whoever prints there finds nobody.</summary>
    internal void EndAll()
    {
        foreach (Source source in _sources)
        {
            source.HasEnded = true;
            source.Descriptor.Dispose();
            source.Handle.Dispose();
        }
    }

    /// <summary>Stops; nothing is sent any more.</summary>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        foreach (Source source in _sources)
        {
            source.Descriptor.Dispose();
            source.Handle.Dispose();
        }
    }

    /// <summary>There is an answer to the wait for room; the channel's end is told separately.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        _isWaitingForRoom = false;
        foreach (Source source in _sources)
        {
            Pump(source);
        }
    }

    private bool HasUnread => !_isRefused && !_isDisposed
        && _sources.Exists(source => !source.HasEnded && Descriptors.HasUnread(source.Handle));

    private void Pump(Source source)
    {
        for (int moved = 0; moved < ChannelFeed.BytesPerTurn;)
        {
            if (_isDisposed || source.HasEnded || _isWaitingForRoom)
            {
                return;
            }

            FeedResult result = source.Feed.Move(ref moved);
            _hasRead |= moved > 0;
            switch (result)
            {
                case FeedResult.NoRoom:
                    switch (channel.AwaitRoom(this))
                    {
                        case ChannelRoom.Later:
                            _isWaitingForRoom = true;
                            return;
                        case ChannelRoom.Never:
                            Refuse();
                            return;
                        default:
                            break;
                    }

                    break;
                case FeedResult.Empty:
                    return;
                case FeedResult.Ended or FeedResult.Broken: // A terminal breaks when the last process has left it.
                    End(source);
                    return;
                default:
                    break;
            }
        }

        channel.Loop.Yield(source);
    }

    private void Refuse()
    {
        if (!_isRefused)
        {
            _isRefused = true;
            onRefused();
        }
    }

    private void End(Source source)
    {
        source.HasEnded = true;
        if (HasEnded)
        {
            onEnded();
        }
    }

    private sealed class Source : IThreadPoolWorkItem
    {
        private readonly SessionOutput _output;

        internal Source(SessionOutput output, Channel channel, SafeFileHandle handle, bool isStandardError, Action? onWritable)
        {
            _output = output;
            Handle = handle;
            Descriptor = channel.Loop.Watch(handle, Execute, onWritable, isRead: false);
            Feed = new ChannelFeed(channel, Descriptor, isStandardError);
        }

        internal SafeFileHandle Handle { get; }

        internal LoopDescriptor Descriptor { get; }

        internal ChannelFeed Feed { get; }

        internal bool HasEnded { get; set; }

        public void Execute() => _output.Pump(this);
    }
}

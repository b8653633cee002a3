using Microsoft.Win32.SafeHandles;
using Postern.Ssh.Connection;
using Postern.Targets.Interop;

namespace Postern.Targets.Sessions;

/// <summary>
/// Moves what a session prints into its channel: straight from the descriptor into the packet, as much as window and
/// queue allow. Everything here runs on the poller's thread, except for the wait for room.
/// </summary>
internal sealed class SessionOutput(Channel channel, DescriptorPoller poller, Action onEnded) : IDisposable
{
    /// <summary>Reads in a row from one session before the others get their turn.</summary>
    private const int ReadsPerTurn = 8;

    private readonly List<Source> _sources = [];
    private bool _isWaitingForRoom;
    private bool _isDisposed;

    /// <summary>Whether something was read since this was last asked, or waits for the peer to make room.</summary>
    internal bool IsActive
    {
        get
        {
            bool isActive = _hasRead || _isWaitingForRoom;
            _hasRead = false;
            return isActive;
        }
    }

    private bool _hasRead;

    /// <summary>Whether all sources are at their end.</summary>
    internal bool HasEnded => _sources.TrueForAll(source => source.HasEnded);

    /// <summary>Adds a descriptor; the registration is made by the caller and calls <see cref="OnReadable"/>.</summary>
    internal void Add(SafeFileHandle descriptor, PollRegistration registration, bool isStandardError)
        => _sources.Add(new Source(descriptor, registration, isStandardError));

    /// <summary>Starts reading.</summary>
    internal void Start()
    {
        foreach (Source source in _sources)
        {
            source.Registration.Watch(PollEvents.Readable);
        }
    }

    /// <summary>A source has something to read, or is at its end.</summary>
    internal void OnReadable(SafeFileHandle descriptor)
    {
        Source? source = _sources.Find(candidate => candidate.Descriptor == descriptor);
        if (source is null || source.HasEnded || _isWaitingForRoom || _isDisposed)
        {
            return;
        }

        for (int turn = 0; turn < ReadsPerTurn; turn++)
        {
            Memory<byte> packet = channel.RentData();
            if (packet.IsEmpty)
            {
                PauseUntilRoom();
                return;
            }

            int? count = Descriptors.Read(source.Descriptor, packet.Span);
            Commit(source, count ?? 0);
            if (count == 0)
            {
                End(source);
                return;
            }

            if (count is null || count < packet.Length)
            {
                return; // Empty now; the poller tells when there is more.
            }
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
            source.Registration.Dispose();
            source.Descriptor.Dispose();
        }
    }

    private void Commit(Source source, int count)
    {
        _hasRead |= count > 0;
        if (source.IsStandardError && count > 0)
        {
            channel.CommitStandardError(count);
        }
        else
        {
            channel.CommitData(count);
        }
    }

    private void End(Source source)
    {
        source.HasEnded = true;
        source.Registration.Ignore(PollEvents.Readable);
        if (HasEnded)
        {
            onEnded();
        }
    }

    private void PauseUntilRoom()
    {
        _isWaitingForRoom = true;
        foreach (Source source in _sources)
        {
            source.Registration.Ignore(PollEvents.Readable);
        }

        _ = WaitForRoomAsync();
    }

    // Ends by itself: the wait gives false when the channel is over.
    private async Task WaitForRoomAsync()
    {
        bool isOpen = await channel.WaitToSendAsync(CancellationToken.None);
        poller.Post(() => Resume(isOpen));
    }

    private void Resume(bool isOpen)
    {
        _isWaitingForRoom = false;
        if (_isDisposed || !isOpen)
        {
            return; // The channel's end is told separately.
        }

        foreach (Source source in _sources.Where(source => !source.HasEnded))
        {
            source.Registration.Watch(PollEvents.Readable);
        }
    }

    private sealed class Source(SafeFileHandle descriptor, PollRegistration registration, bool isStandardError)
    {
        internal SafeFileHandle Descriptor { get; } = descriptor;

        internal PollRegistration Registration { get; } = registration;

        internal bool IsStandardError { get; } = isStandardError;

        internal bool HasEnded { get; set; }
    }
}

using Postern.Ssh.Connection;

namespace Postern.Ssh.Client;

/// <summary>
/// What a server was asked to listen on, which decides on the channels that it opens: those that were asked for, and no
/// others (Security 57). Any thread.
/// </summary>
internal sealed class RemoteForwards(ChannelLimits limits)
{
    private readonly Lock _gate = new();
    private readonly List<Entry> _entries = [];

    /// <summary>Something is about to be asked for.</summary>
    public Entry Add(string address, int port, Action<ChannelStream> connected)
    {
        var entry = new Entry(address, port, connected);
        lock (_gate)
        {
            if (_entries.Count >= limits.MaximumChannels)
            {
                throw new InvalidOperationException($"more than {limits.MaximumChannels} forwards");
            }

            _entries.Add(entry);
        }

        return entry;
    }

    /// <summary>The server's answer is there: the port, or null when it refused.</summary>
    public void Settle(Entry entry, int? port)
    {
        if (port is null)
        {
            Remove(entry);
        }

        entry.Settle(port);
    }

    /// <summary>It is asked for no longer.</summary>
    public void Remove(Entry entry)
    {
        lock (_gate)
        {
            _entries.Remove(entry);
        }
    }

    /// <summary>The connection is over.</summary>
    public void End()
    {
        lock (_gate)
        {
            _entries.Clear();
        }
    }

    /// <summary>Decides on a channel that the server opens.</summary>
    public async ValueTask<ChannelOpenDecision> DecideAsync(ChannelOpenRequest request, CancellationToken cancellationToken)
    {
        if (request is not ChannelOpenRequest.ForwardedTcpIp forwarded)
        {
            return NotAskedFor;
        }

        if (Find(forwarded) is { } known)
        {
            return Accept(known);
        }

        // The server may connect on a port of its choice before we have read which one that is.
        foreach (var entry in Unsettled(forwarded.Address))
        {
            if (await entry.Settled.WaitAsync(cancellationToken) == forwarded.Port)
            {
                return Accept(entry);
            }
        }

        return NotAskedFor;
    }

    private static ChannelOpenDecision NotAskedFor =>
        new ChannelOpenDecision.Refused(ChannelOpenFailureReason.AdministrativelyProhibited, "nobody asked for this channel");

    private static ChannelOpenDecision Accept(Entry entry)
    {
        var stream = new ChannelStream(entry.Connected);
        return new ChannelOpenDecision.Accepted(stream.Handler);
    }

    private Entry? Find(ChannelOpenRequest.ForwardedTcpIp forwarded)
    {
        lock (_gate)
        {
            return _entries.Find(entry => entry.Address == forwarded.Address && entry.Port == forwarded.Port);
        }
    }

    private List<Entry> Unsettled(string address)
    {
        lock (_gate)
        {
            return _entries.FindAll(entry => entry.Address == address && entry.Port == 0);
        }
    }

    /// <summary>One thing that was asked for.</summary>
    internal sealed class Entry(string address, int port, Action<ChannelStream> connected)
    {
        private readonly TaskCompletionSource<int?> _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _port = port;

        public string Address => address;

        /// <summary>The port; 0 while the server has not said which one it took.</summary>
        public int Port => Volatile.Read(ref _port);

        public Action<ChannelStream> Connected => connected;

        /// <summary>The port in the end, or null when the server refused.</summary>
        public Task<int?> Settled => _settled.Task;

        public void Settle(int? taken)
        {
            Volatile.Write(ref _port, taken ?? 0);
            _settled.TrySetResult(taken);
        }
    }
}

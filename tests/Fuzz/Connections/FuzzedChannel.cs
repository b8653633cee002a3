using Postern.Ssh.Connection;

namespace Fuzz.Connections;

/// <summary>
/// A channel's handler of moods: takes all, some or nothing, resumes later, sends back, closes at odd moments. It notes
/// when it is called after its end, or two calls overlap.
/// </summary>
internal sealed class FuzzedChannel(int seed) : IChannelHandler
{
    private readonly Random _random = new(seed);

    // One at a time sends on a channel.
    private readonly Lock _sends = new();
    private Channel? _channel;
    private Task _sending = Task.CompletedTask;
    private int _opened;
    private int _closed;
    private int _eof;
    private int _inside;
    private string? _wrong;

    public void OnOpened(Channel channel)
    {
        using var call = Enter("OnOpened");
        _channel = channel;
        _opened++;
        if (_random.Next(3) == 0)
        {
            _sending = SendAsync(channel, _random.Next(200_000));
        }
    }

    public int OnData(ReadOnlySpan<byte> data)
    {
        using var call = Enter("OnData");
        if (_eof > 0 || data.IsEmpty)
        {
            _wrong ??= "data after EOF, or none";
        }

        switch (_random.Next(6))
        {
            case 0:
                ThreadPool.UnsafeQueueUserWorkItem(static channel => channel.ResumeReceive(), _channel!, preferLocal: false);
                return _random.Next(data.Length);
            case 1:
                return 0;
            case 2 when _random.Next(10) == 0:
                _channel!.Close();
                return data.Length;
            case 3:
                lock (_sends)
                {
                    var buffer = _channel!.RentData();
                    if (!buffer.IsEmpty)
                    {
                        _channel.CommitStandardError(Math.Min(buffer.Length, data.Length));
                    }
                }

                return data.Length;
            default:
                return data.Length;
        }
    }

    public void OnEof()
    {
        using var call = Enter("OnEof");
        if (++_eof > 1)
        {
            _wrong ??= "EOF twice";
        }

        if (_random.Next(2) == 0)
        {
            _channel!.SendExitStatus(7);
            _channel.SendEof();
            _channel.Close();
        }
    }

    public async ValueTask<bool> OnRequestAsync(ChannelRequest request, CancellationToken cancellationToken)
    {
        int mood;
        using (Enter("OnRequest"))
        {
            mood = _random.Next(4);
        }

        if (mood == 0)
        {
            await Task.Yield();
        }

        if (mood == 1)
        {
            _channel!.SendExitSignal("KILL", isCoreDumped: true, "text");
        }

        return mood > 1;
    }

    public void OnClosed()
    {
        using var call = Enter("OnClosed");
        if (++_closed > 1)
        {
            _wrong ??= "closed twice";
        }
    }

    public string? WhatIsWrong() =>
        _wrong
        ?? (_closed != 1 ? $"opened {_opened} times, closed {_closed} times" : null)
        ?? (_sending.Wait(TimeSpan.FromMinutes(1)) ? null : "somebody still waits to send");

    private async Task SendAsync(Channel channel, int count)
    {
        await Task.Yield();
        while (count > 0 && await channel.WaitToSendAsync(CancellationToken.None))
        {
            lock (_sends)
            {
                var buffer = channel.RentData();
                if (!buffer.IsEmpty)
                {
                    channel.CommitData(Math.Min(buffer.Length, count));
                    count -= buffer.Length;
                }
            }
        }
    }

    private Call Enter(string name)
    {
        if (Interlocked.Increment(ref _inside) != 1)
        {
            _wrong ??= name + " while another call was under way";
        }

        if (_closed > 0 || (_opened == 0) != (name is "OnOpened") && name != "OnClosed")
        {
            _wrong ??= name + " before the beginning or after the end";
        }

        return new Call(this);
    }

    private readonly struct Call(FuzzedChannel channel) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref channel._inside);
    }
}

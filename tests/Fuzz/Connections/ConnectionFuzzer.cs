using System.Net;
using System.Net.Sockets;
using Fuzz.Inputs;
using Microsoft.Extensions.Logging;
using Postern.Ssh.Keys;
using Postern.Ssh.Server;
using Postern.Ssh.Tests.Fixtures;
using Postern.Ssh.Transport;

namespace Fuzz.Connections;

/// <summary>
/// Whole connections: a client that behaves until a random point and then sends changed, reordered, cut and repeated
/// packets, before and after encryption. However that goes, the connection must end when the client has gone, without
/// an internal error, with every handler told once and every timer gone.
/// </summary>
internal sealed class ConnectionFuzzer(int seed, Watchdog? watchdog = null)
{
    public const string Name = "Connection";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly Ed25519PrivateKey HostKey = Ed25519PrivateKey.Generate();

    /// <summary>How many connections were made.</summary>
    public long Rounds { get; private set; }

    /// <summary>How many of them got in.</summary>
    public int Authenticated { get; private set; }

    /// <summary>How many channels they opened.</summary>
    public int Channels { get; private set; }

    /// <summary>One more connection; null when every rule held.</summary>
    public async Task<Fault?> StepAsync()
    {
        Rounds++;
        return await RunAsync((int)Rounds);
    }

    /// <summary>One connection by its number, which together with the seed decides all that the client does.</summary>
    public async Task<Fault?> RunAsync(int round)
    {
        var fault = new Fault(Name, seed, round, [], "");
        watchdog?.Begin(fault);
        try
        {
            return await ConnectAsync(new Random(unchecked((seed * 1_000_003) + round))) is { } reason ? fault with { Reason = reason } : null;
        }
        finally
        {
            watchdog?.End();
        }
    }

    private async Task<string?> ConnectAsync(Random random)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(listener.LocalEndPoint!);
        var accepted = await listener.AcceptAsync();

        var clock = new FakeTimeProvider();
        var handler = new FuzzedHandler(random.Next());
        var log = new FaultLog();
        var config = new ServerConfig
        {
            HostKeys = [new HostKey(HostKey)],
            TimeProvider = clock,
            Transport = new TransportLimits
            {
                RekeyBytes = random.Next(4) == 0 ? 20_000 : 1 << 30,
                RekeyPackets = random.Next(4) == 0 ? 12 : 1L << 31,
                QueuedControl = random.Next(4) == 0 ? 20_000 : 2 * 1024 * 1024,
            },
        };
        using var stop = new CancellationTokenSource();
        var running = new SshServer(config, handler, log).RunAsync(accepted, (IPEndPoint)accepted.RemoteEndPoint!, stop.Token);
        using (var peer = new ScriptedPeer(client))
        {
            await new FuzzedClient(peer, client, clock, stop, random).RunAsync();
        }

        ConnectionEnd end;
        try
        {
            end = await running.WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            return "the connection did not end after its client was gone";
        }
        catch (Exception exception)
        {
            return "RunAsync threw: " + exception;
        }

        Authenticated += handler.IsIn ? 1 : 0;
        Channels += handler.ChannelCount;

        // We may be called from inside of a wait of the platform's, which drops its timer after it has called.
        for (var i = 0; i < 60_000 && clock.ActiveTimers != 0; i++)
        {
            await Task.Delay(1);
        }

        return end == ConnectionEnd.InternalError ? "internal error: " + log.First
            : log.First is { } logged ? "logged: " + logged
            : clock.ActiveTimers != 0 ? $"{clock.ActiveTimers} timers are left"
            : handler.WhatIsWrong();
    }

    /// <summary>Remembers the first line at Error, and the first exception that is no decoder's.</summary>
    private sealed class FaultLog : ILogger
    {
        public string? First { get; private set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel >= LogLevel.Error)
            {
                First ??= $"{eventId.Name} {formatter(state, exception)} {exception}";
            }
        }
    }
}

using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Conformance;

/// <summary>
/// A man in the middle: passes one connection on, and changes what a test tells it to, either packets of the key
/// exchange, which it can read, or bytes of what is encrypted.
/// </summary>
public sealed class TamperingProxy : IAsyncDisposable
{
    private const byte NewKeys = 21;

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stop = new();
    private readonly int _target;
    private readonly Task _running;

    public TamperingProxy(int target)
    {
        _target = target;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _running = RunAsync();
    }

    public int Port { get; }

    /// <summary>What is done to the client's bytes on their way to the server.</summary>
    public Tampering ToServer { get; init; } = new();

    /// <summary>What is done to the server's bytes on their way to the client.</summary>
    public Tampering ToClient { get; init; } = new();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            using var client = await _listener.AcceptAsync(_stop.Token);
            using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            client.NoDelay = true;
            await server.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
            await Task.WhenAll(PassAsync(client, server, ToServer), PassAsync(server, client, ToClient));
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private async Task PassAsync(Socket from, Socket to, Tampering tampering)
    {
        var stream = new Bytes(from, _stop.Token);
        try
        {
            await PassKeyExchangeAsync(stream, to, tampering);
            await PassEncryptedAsync(stream, to, tampering);
            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception exception) when (exception is SocketException or EndOfStreamException or ObjectDisposedException)
        {
            // One side has gone; so must the other.
            from.Close();
            to.Close();
        }
    }

    /// <summary>The version line and the plain packets up to NEWKEYS.</summary>
    private async Task PassKeyExchangeAsync(Bytes stream, Socket to, Tampering tampering)
    {
        byte last;
        do
        {
            last = (await stream.ReadAsync(1))[0];
            await to.SendAsync(new[] { last }, SocketFlags.None, _stop.Token);
        }
        while (last != '\n');

        for (var index = 0; ; index++)
        {
            var header = await stream.ReadAsync(4);
            var body = await stream.ReadAsync((int)BinaryPrimitives.ReadUInt32BigEndian(header));
            var isNewKeys = body[1] == NewKeys;
            if (tampering.InjectAt == index || (tampering.InjectBeforeNewKeys && isNewKeys))
            {
                await to.SendAsync(Plain(tampering.Injected), SocketFlags.None, _stop.Token);
            }

            await to.SendAsync((byte[])[.. header, .. body], SocketFlags.None, _stop.Token);
            if (isNewKeys)
            {
                return;
            }
        }
    }

    private async Task PassEncryptedAsync(Bytes stream, Socket to, Tampering tampering)
    {
        if (tampering.DropsFirstSealed)
        {
            // What arrives together behind NEWKEYS is the first packet: nobody sends a second one unasked.
            await stream.ReadSomeAsync();
        }

        for (var position = 0L; ;)
        {
            var bytes = await stream.ReadSomeAsync();
            if (bytes.Length == 0)
            {
                return;
            }

            if (tampering.FlipBit / 8 is var at && at >= position && at < position + bytes.Length)
            {
                bytes[at - position] ^= (byte)(1 << (int)(tampering.FlipBit % 8));
                tampering.HasFlipped = true;
            }

            position += bytes.Length;
            await to.SendAsync(bytes, SocketFlags.None, _stop.Token);
        }
    }

    private static byte[] Plain(byte[] payload)
    {
        var padding = 8 - ((5 + payload.Length) % 8);
        padding += padding < 4 ? 8 : 0;
        var packet = new byte[5 + payload.Length + padding];
        BinaryPrimitives.WriteInt32BigEndian(packet, packet.Length - 4);
        packet[4] = (byte)padding;
        payload.CopyTo(packet, 5);
        return packet;
    }

    /// <summary>What to change in one direction.</summary>
    public sealed class Tampering
    {
        /// <summary>Whether a packet is put in just before NEWKEYS.</summary>
        public bool InjectBeforeNewKeys { get; init; }

        /// <summary>The packet before which one is put in, from 0; -1 for none.</summary>
        public int InjectAt { get; init; } = -1;

        /// <summary>The payload put in; IGNORE of nothing.</summary>
        public byte[] Injected { get; init; } = [2, 0, 0, 0, 0];

        /// <summary>Whether the first packet under keys is left out, which an injected one makes room for.</summary>
        public bool DropsFirstSealed { get; init; }

        /// <summary>The bit of what is encrypted to change; -1 for none.</summary>
        public long FlipBit { get; init; } = -8;

        /// <summary>Whether so much came that the bit was changed.</summary>
        public bool HasFlipped { get; set; }
    }

    private sealed class Bytes(Socket socket, CancellationToken stop)
    {
        private readonly byte[] _buffer = new byte[64 * 1024];
        private int _start;
        private int _end;

        public async Task<byte[]> ReadAsync(int count)
        {
            var bytes = new byte[count];
            for (var filled = 0; filled < count;)
            {
                if (_start == _end && !await FillAsync())
                {
                    throw new EndOfStreamException();
                }

                var taken = Math.Min(count - filled, _end - _start);
                _buffer.AsSpan(_start, taken).CopyTo(bytes.AsSpan(filled));
                _start += taken;
                filled += taken;
            }

            return bytes;
        }

        public async Task<byte[]> ReadSomeAsync()
        {
            if (_start == _end && !await FillAsync())
            {
                return [];
            }

            var bytes = _buffer[_start.._end];
            _start = _end;
            return bytes;
        }

        private async Task<bool> FillAsync()
        {
            _start = 0;
            _end = await socket.ReceiveAsync(_buffer, SocketFlags.None, stop);
            return _end > 0;
        }
    }
}

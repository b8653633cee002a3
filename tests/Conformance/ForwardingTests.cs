using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Postern.Ssh.Keys;
using Postern.Ssh.Server;
using Postern.Testing;

namespace Conformance;

/// <summary>Tunnels (ssh -L) and keep-alives with the real client.</summary>
public sealed class ForwardingTests : IAsyncLifetime
{
    private readonly EngineServer _server = new(new ServerConfig { HostKeys = [new HostKey(Ed25519PrivateKey.Generate())] });
    private OpenSsh _ssh = null!;

    public async Task InitializeAsync() => _ssh = await OpenSsh.CreateAsync();

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        _ssh.Dispose();
    }

    [Fact]
    public async Task Tunnel_CarriesBothWays_ManyAtOnce()
    {
        using var service = new Socket(SocketType.Stream, ProtocolType.Tcp);
        service.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        service.Listen();
        var local = Ports.Free();
        var target = ((IPEndPoint)service.LocalEndPoint!).Port;
        await using var master = await ControlMaster.StartAsync(
            _ssh, _server, _ssh.PathOf("control"), "-L", $"127.0.0.1:{local}:127.0.0.1:{target}", "-o", "ServerAliveInterval=1");

        var tunnels = Enumerable.Range(0, 6).Select(i => EchoAsync(service, local, 3_000_000 + i)).ToList();
        await Task.WhenAll(tunnels);
        Assert.Empty(_server.Log.Lines);
    }

    [Fact]
    public async Task Tunnel_ToARefusedPort_ClosesAndTheConnectionGoesOn()
    {
        var local = Ports.Free();
        await using var master = await ControlMaster.StartAsync(
            _ssh, _server, _ssh.PathOf("control"), "-L", $"127.0.0.1:{local}:127.0.0.1:{Ports.Free()}");
        for (var i = 0; i < 20; i++)
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, local);
            Assert.Equal(0, await client.GetStream().ReadAsync(new byte[1]));
        }

        var result = await _ssh.RunSshAsync(_server, "-S", _ssh.PathOf("control"), "127.0.0.1", "echo still");
        Assert.Equal("still\n", result.Text);
    }

    /// <summary>Sends a pattern to a service that sends it back, and half-closes.</summary>
    private static async Task EchoAsync(Socket service, int port, int length)
    {
        var data = Pattern.Make(length);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        using var accepted = await service.AcceptAsync();
        using var acceptedStream = new NetworkStream(accepted);
        var echoing = EchoAsync(acceptedStream, accepted);
        var stream = client.GetStream();
        var writing = WriteAsync(stream, client.Client, data);
        using var received = new MemoryStream();
        await stream.CopyToAsync(received);
        await Task.WhenAll(writing, echoing);
        Assert.Equal(SHA256.HashData(data), SHA256.HashData(received.ToArray()));
    }

    private static async Task EchoAsync(NetworkStream stream, Socket socket)
    {
        var buffer = new byte[50_000];
        int count;
        while ((count = await stream.ReadAsync(buffer)) > 0)
        {
            await stream.WriteAsync(buffer.AsMemory(0, count));
        }

        socket.Shutdown(SocketShutdown.Send);
    }

    private static async Task WriteAsync(NetworkStream stream, Socket socket, byte[] data)
    {
        await stream.WriteAsync(data);
        socket.Shutdown(SocketShutdown.Send);
    }
}

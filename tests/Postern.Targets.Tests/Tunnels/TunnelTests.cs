using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Postern.Ssh.Connection;
using Postern.Targets.Tests.Services;
using Postern.Targets.Tunnels;

namespace Postern.Targets.Tests.Tunnels;

public sealed class TunnelTests(ServicesFixture fixture) : IClassFixture<ServicesFixture>
{
    [Theory]
    [InlineData("database.internal", 5432)]
    [InlineData("cache.internal", 6379)]
    public async Task Relationship_IsResolvedAndConnects(string host, int port)
    {
        TunnelDestination? destination = fixture.App.ResolveDestination(host, port);
        Assert.NotNull(destination);
        Assert.Equal($"{host}:{port}", destination.Name);
        IChannelHandler handler = await fixture.App.OpenTunnelAsync(destination, CancellationToken.None);
        TestChannel.Open(handler).Drop();
    }

    [Fact]
    public async Task AddressOfARelationship_IsResolvedWithItsPortOnly()
    {
        JsonNode database = await fixture.ReadRelationshipAsync("database");
        string ip = (string)database["ip"]!;
        Assert.NotNull(fixture.App.ResolveDestination(ip, 5432));
        Assert.Null(fixture.App.ResolveDestination(ip, 22));
        Assert.Null(fixture.App.ResolveDestination("::ffff:" + ip, 5432));
        uint number = BitConverter.ToUInt32([.. IPAddress.Parse(ip).GetAddressBytes().Reverse()]);
        Assert.Null(fixture.App.ResolveDestination($"{number}", 5432));
        Assert.Null(fixture.App.ResolveDestination($"0x{number:x}", 5432));
        Assert.Null(fixture.App.ResolveDestination(ip + ".", 5432));
        Assert.Null(fixture.App.ResolveDestination(" " + ip, 5432));
        Assert.Null(fixture.App.ResolveDestination(ip.Replace("127.", "127.0", StringComparison.Ordinal), 5432));
    }

    [Theory]
    [InlineData("127.0.0.1", 22)]
    [InlineData("127.0.0.1", 8080)]
    [InlineData("127.0.0.1", 5432)]
    [InlineData("localhost", 5432)]
    [InlineData("localhost", 0)]
    [InlineData("localhost", -1)]
    [InlineData("localhost", 65536)]
    [InlineData("0.0.0.0", 5432)]
    [InlineData("0", 5432)]
    [InlineData("::1", 5432)]
    [InlineData("[::1]", 5432)]
    [InlineData("::", 5432)]
    [InlineData("::ffff:127.0.0.1", 5432)]
    [InlineData("2130706433", 5432)]
    [InlineData("0x7f000001", 5432)]
    [InlineData("0x7f.1", 5432)]
    [InlineData("0177.0.0.1", 5432)]
    [InlineData("127.1", 5432)]
    [InlineData("169.254.169.254", 80)]
    [InlineData("fe80::1", 80)]
    [InlineData("metadata.google.internal", 80)]
    [InlineData("DATABASE.INTERNAL", 5432)]
    [InlineData("database.internal.", 5432)]
    [InlineData("database.internal", 6379)]
    [InlineData("database.internal", 22)]
    [InlineData("database", 5432)]
    [InlineData("db", 5432)]
    [InlineData("db.internal", 5432)]
    [InlineData("database.internal\0", 5432)]
    [InlineData("database.internal%00", 5432)]
    [InlineData("example.com", 443)]
    [InlineData("", 5432)]
    public void AnythingElse_IsRefusedHoweverSpelled(string host, int port)
        => Assert.Null(fixture.App.ResolveDestination(host, port));

    [Fact]
    public async Task OwnPort_IsResolvedOnLocalhost()
    {
        TestChannel channel = await TargetFixture.RunAsync(fixture.App, "echo $PORT");
        int port = int.Parse(channel.OutputText.Trim());
        Assert.NotNull(fixture.App.ResolveDestination("localhost", port));
        Assert.NotNull(fixture.App.ResolveDestination("127.0.0.1", port));
        Assert.Null(fixture.App.ResolveDestination("localhost", port + 1));
        TargetException exception = await Assert.ThrowsAsync<TargetException>(
            async () => await fixture.App.OpenTunnelAsync(fixture.App.ResolveDestination("localhost", port)!, CancellationToken.None));
        Assert.Equal(TargetFailure.ConnectFailed, exception.Failure);
    }

    [Fact]
    public async Task PortThatTheAppListensOn_IsResolvedAndNobodyElses()
    {
        TestChannel channel = TestChannel.Open(fixture.App.OpenSession(TargetFixture.MakeContext()));
        Assert.True(await channel.RequestAsync(TargetFixture.Exec(
            "exec python3 -uc 'import socket; s = socket.create_server((\"127.0.0.1\", 0)); print(s.getsockname()[1]); s.accept()[0].sendall(b\"own\")'")));
        await channel.WaitForOutputAsync("\n");
        int port = int.Parse(channel.OutputText);
        TunnelDestination? destination = fixture.App.ResolveDestination("127.0.0.1", port);
        Assert.NotNull(destination);
        TestChannel tunnel = TestChannel.Open(await fixture.App.OpenTunnelAsync(destination, CancellationToken.None));
        await tunnel.WaitForOutputAsync("own");
        tunnel.Drop();
        await channel.WaitForCloseAsync();
        Assert.Null(fixture.App.ResolveDestination("127.0.0.1", port));

        using var foreign = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        foreign.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        foreign.Listen();
        Assert.Null(fixture.App.ResolveDestination("127.0.0.1", ((IPEndPoint)foreign.LocalEndPoint!).Port));
    }

    [Fact]
    public async Task Data_PassesBothWaysWholeUnderPressure()
    {
        (Socket near, Socket far) = await ConnectAsync();
        TestChannel channel = TestChannel.Open(new TunnelHandler(near), window: 4096);
        byte[] up = RandomNumberGenerator.GetBytes(8 << 20);
        byte[] down = RandomNumberGenerator.GetBytes(8 << 20);
        Task<byte[]> received = ReceiveAllAsync(far);
        Task sent = Task.Run(async () =>
        {
            for (int offset = 0; offset < down.Length;)
            {
                offset += await far.SendAsync(down.AsMemory(offset));
            }

            far.Shutdown(SocketShutdown.Send);
        });
        channel.Send(up);
        channel.SendPeerEof();
        while (!channel.Events.Contains("close"))
        {
            channel.OpenWindow(100_000);
            await Task.Yield();
        }

        await sent;
        Assert.Equal(up, await received);
        Assert.Equal(down, channel.Output);
        Assert.Equal(["eof", "close"], channel.Events);
        far.Dispose();
    }

    [Fact]
    public async Task HalfClose_LeavesTheOtherDirectionOpen()
    {
        (Socket near, Socket far) = await ConnectAsync();
        TestChannel channel = TestChannel.Open(new TunnelHandler(near));
        channel.SendPeerEof();
        Assert.Equal(0, await far.ReceiveAsync(new byte[1]));
        await far.SendAsync("still here"u8.ToArray());
        await channel.WaitForOutputAsync("still here");
        Assert.Empty(channel.Events);
        far.Shutdown(SocketShutdown.Send);
        await channel.WaitForCloseAsync();
        Assert.Equal(["eof", "close"], channel.Events);
        far.Dispose();
    }

    [Fact]
    public async Task DroppedChannel_ClosesTheConnection()
    {
        (Socket near, Socket far) = await ConnectAsync();
        TestChannel channel = TestChannel.Open(new TunnelHandler(near));
        channel.Drop();
        try
        {
            Assert.Equal(0, await far.ReceiveAsync(new byte[1]));
        }
        catch (SocketException exception)
        {
            Assert.Equal(SocketError.ConnectionReset, exception.SocketErrorCode);
        }

        far.Dispose();
    }

    [Fact]
    public async Task ResetConnection_ClosesTheChannel()
    {
        (Socket near, Socket far) = await ConnectAsync();
        TestChannel channel = TestChannel.Open(new TunnelHandler(near));
        far.LingerState = new LingerOption(true, 0);
        far.Dispose();
        await channel.WaitForCloseAsync();
        Assert.Contains("close", channel.Events);
    }

    private static async Task<(Socket Near, Socket Far)> ConnectAsync()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var near = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await near.ConnectAsync(listener.LocalEndPoint!);
        return (near, await listener.AcceptAsync());
    }

    private static async Task<byte[]> ReceiveAllAsync(Socket socket)
    {
        var stream = new MemoryStream();
        byte[] buffer = new byte[65536];
        int count;
        while ((count = await socket.ReceiveAsync(buffer)) > 0)
        {
            stream.Write(buffer, 0, count);
        }

        return stream.ToArray();
    }
}

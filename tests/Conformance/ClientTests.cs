using System.Net;
using System.Net.Sockets;
using System.Text;
using Postern.Ssh.Client;
using Postern.Ssh.Connection;
using Postern.Ssh.Keys;
using Postern.Ssh.Server;
using Postern.Ssh.Transport;
using Postern.Testing;

namespace Conformance;

/// <summary>Our client against the machine's own sshd.</summary>
public sealed class ClientTests : IAsyncLifetime
{
    private OpenSsh _files = null!;

    public async Task InitializeAsync() => _files = await OpenSsh.CreateAsync();

    public Task DisposeAsync()
    {
        _files.Dispose();
        return Task.CompletedTask;
    }

    public static TheoryData<string, string, string> Algorithms()
    {
        var data = new TheoryData<string, string, string>();
        var all = AlgorithmCatalogue.Default;

        // With ML-KEM where the platform has it: in the Debian 13 root of test.sh, whose sshd has it too.
        foreach (var method in all.KeyExchanges)
        {
            data.Add(method, all.Ciphers[0], all.Macs[0]);
        }

        foreach (var cipher in all.Ciphers.Skip(1))
        {
            data.Add("curve25519-sha256", cipher, all.Macs[0]);
        }

        foreach (var mac in all.Macs.Skip(1))
        {
            data.Add("curve25519-sha256", "aes256-ctr", mac);
        }

        return data;
    }

    // Security 38: ML-KEM with the real server.
    [Theory]
    [MemberData(nameof(Algorithms))]
    public async Task Session_WithEveryAlgorithm_Works(string keyExchange, string cipher, string mac)
    {
        await using var server = await RealServer.StartOpenSshAsync(_files);
        var all = AlgorithmCatalogue.Default;
        await using var connection = await server.ConnectAsync(config => config with
        {
            Algorithms = new AlgorithmCatalogue([keyExchange], [cipher], [mac], all.HostKeys, all.UserSignatures),
        });
        Assert.Equal(("hello\n", new SessionExit(0, null, false, "")), await RunAsync(connection, "echo hello"));
        Assert.StartsWith("SSH-2.0-OpenSSH", connection.ServerVersion, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Command_ReportsStatusSignalAndErrors()
    {
        await using var server = await RealServer.StartOpenSshAsync(_files);
        await using var connection = await server.ConnectAsync();
        Assert.Equal(7u, (await RunAsync(connection, "exit 7")).Exit.Status);
        Assert.Equal("KILL", (await RunAsync(connection, "kill -9 $$")).Exit.Signal);
        await using var session = await connection.OpenSessionAsync(wantsErrors: true, CancellationToken.None);
        Assert.True(await session.ExecuteAsync("echo wrong >&2; echo right; exit 3", CancellationToken.None));
        var buffer = new byte[100];
        var output = session.Stream.ReadAsync(buffer).AsTask();
        var errors = new byte[100];
        var count = await session.ReadErrorAsync(errors, CancellationToken.None);
        Assert.Equal("wrong\n", Encoding.ASCII.GetString(errors, 0, count));
        Assert.Equal("right\n", Encoding.ASCII.GetString(buffer, 0, await output));
        Assert.Equal(0, await session.Stream.ReadAsync(buffer));
        Assert.Equal(3u, (await session.Exit.WaitAsync(OpenSsh.Patience)).Status);
    }

    [Fact]
    public async Task Terminal_EchoesChangesSizeAndInterrupts()
    {
        await using var server = await RealServer.StartOpenSshAsync(_files);
        await using var connection = await server.ConnectAsync();
        await using var session = await connection.OpenSessionAsync(wantsErrors: false, CancellationToken.None);
        Assert.True(await session.RequestTerminalAsync("vt100", new TerminalSize(90, 20, 0, 0), CancellationToken.None));
        Assert.True(await session.ExecuteAsync("echo $TERM; stty size; read x; stty size; cat", CancellationToken.None));
        Assert.Equal("vt100\r\n20 90\r\n", await ReadAsync(session, "20 90\r\n"));
        session.Send(new ChannelRequest.WindowChange(new TerminalSize(100, 30, 0, 0)));
        await session.Stream.WriteAsync("go\n"u8.ToArray());
        Assert.Equal("go\r\n30 100\r\n", await ReadAsync(session, "30 100\r\n"));

        // What cat repeats shows that it runs: a shell that gets Ctrl-C between two commands may go on to the next.
        await session.Stream.WriteAsync("there\n"u8.ToArray());
        Assert.Equal("there\r\nthere\r\n", await ReadAsync(session, "there\r\nthere\r\n"));

        // Ctrl-C: the server delivers no signals of the protocol to root's processes.
        await session.Stream.WriteAsync(new byte[] { 3 });
        while (await session.Stream.ReadAsync(new byte[100]).AsTask().WaitAsync(OpenSsh.Patience) > 0)
        {
            // To the end.
        }

        Assert.NotEqual(SessionExit.Unknown, await session.Exit.WaitAsync(OpenSsh.Patience));
    }

    [Fact]
    public async Task Certificates_OfBothSides_AreTrusted()
    {
        await _files.NewKeyAsync("ca", "ed25519");
        await _files.NewKeyAsync("host", "ed25519");
        await SignAsync("-I", "user", "-n", RealServer.UserName, _files.Key + ".pub");
        await SignAsync("-h", "-I", "host", "-n", "gate.example", _files.PathOf("host.pub"));
        await using var server = await RealServer.StartOpenSshAsync(
            _files,
            $"TrustedUserCAKeys {_files.PathOf("ca.pub")}",
            $"HostCertificate {_files.PathOf("host-cert.pub")}",
            "AuthorizedKeysFile none");
        var authority = PublicKey.ParseAuthorizedKey((await File.ReadAllTextAsync(_files.PathOf("ca.pub"))).Trim()).Key;
        var certificate = Certificate.Parse((await File.ReadAllTextAsync(_files.Key + "-cert.pub")).Trim());
        ClientConfig Trusting(ClientConfig config, string name) => config with
        {
            HostKeys = new KnownHost(name, [], [authority], TimeProvider.System),
            Identities = [new ClientIdentity(RealServer.ReadKey(_files.Key), certificate)],
        };

        await using (var connection = await server.ConnectAsync(config => Trusting(config, "gate.example")))
        {
            Assert.Equal("hello\n", (await RunAsync(connection, "echo hello")).Output);
            Assert.Equal("host", connection.HostKey.Certificate?.KeyId);
        }

        var failure = await Assert.ThrowsAsync<ConnectFailedException>(
            () => server.ConnectAsync(config => Trusting(config, "other.example")));
        Assert.Equal(ConnectionEnd.HostKeyRefused, failure.End);

        failure = await Assert.ThrowsAsync<ConnectFailedException>(
            () => server.ConnectAsync(config => Trusting(config, "gate.example") with { Identities = [new ClientIdentity(RealServer.ReadKey(_files.Key))] }));
        Assert.Equal(ConnectionEnd.AuthenticationFailed, failure.End);
    }

    // Security 40: 200 MB in each direction at once, with new keys after every megabyte, asked for by both sides.
    [Fact]
    public async Task BothDirections_UnderReKeysOfBothSides_LoseNothing()
    {
        const long Length = 200_000_000;
        await using var server = await RealServer.StartOpenSshAsync(_files, "RekeyLimit 1M");
        await using var connection = await server.ConnectAsync(
            config => config with { Transport = new TransportLimits { RekeyBytes = 1_000_000 } });
        await using var session = await connection.OpenSessionAsync(wantsErrors: false, CancellationToken.None);
        Assert.True(await session.ExecuteAsync("cat", CancellationToken.None));
        var writing = WriteAsync(session.Stream, Length);
        await CheckAsync(session.Stream, Length);
        await writing;
        Assert.Equal(0u, (await session.Exit.WaitAsync(OpenSsh.Patience)).Status);
        Assert.False(connection.Ended.IsCompleted);
    }

    [Fact]
    public async Task Tunnel_ReachesAPortAndASocket_AndIsRefusedElsewhere()
    {
        using var service = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        service.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        service.Listen();
        var path = _files.PathOf("service.sock");
        using var local = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        local.Bind(new UnixDomainSocketEndPoint(path));
        local.Listen();

        await using var server = await RealServer.StartOpenSshAsync(_files);
        await using var connection = await server.ConnectAsync();
        await using (var tunnel = await connection.OpenTunnelAsync("127.0.0.1", ((IPEndPoint)service.LocalEndPoint!).Port, CancellationToken.None))
        {
            await EchoAsync(await service.AcceptAsync(), tunnel);
        }

        await using (var tunnel = await connection.OpenSocketAsync(path, CancellationToken.None))
        {
            await EchoAsync(await local.AcceptAsync(), tunnel);
        }

        var refusal = await Assert.ThrowsAsync<ChannelRefusedException>(
            () => connection.OpenTunnelAsync("127.0.0.1", Ports.Free(), CancellationToken.None));
        Assert.Equal(ChannelOpenFailureReason.ConnectFailed, refusal.Reason);
    }

    [Fact]
    public async Task Forward_BringsConnectionsToUs_UntilItIsCancelled()
    {
        await using var server = await RealServer.StartOpenSshAsync(_files);
        await using var connection = await server.ConnectAsync();
        var connected = new TaskCompletionSource<ChannelStream>();
        var forward = await connection.ForwardAsync("localhost", 0, connected.SetResult, CancellationToken.None);
        using (var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            await socket.ConnectAsync(IPAddress.Loopback, forward.Port);
            await EchoAsync(socket, await connected.Task.WaitAsync(OpenSsh.Patience));
        }

        await forward.DisposeAsync();
        using var late = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await Assert.ThrowsAsync<SocketException>(() => late.ConnectAsync(IPAddress.Loopback, forward.Port));
    }

    /// <summary>Runs a command to its end.</summary>
    internal static async Task<(string Output, SessionExit Exit)> RunAsync(SshClientConnection connection, string command)
    {
        await using var session = await connection.OpenSessionAsync(wantsErrors: false, CancellationToken.None);
        Assert.True(await session.ExecuteAsync(command, CancellationToken.None));
        using var reader = new StreamReader(session.Stream);
        var output = await reader.ReadToEndAsync().WaitAsync(OpenSsh.Patience);
        return (output, await session.Exit.WaitAsync(OpenSsh.Patience));
    }

    /// <summary>Sends a pattern and then the end.</summary>
    internal static async Task WriteAsync(ChannelStream stream, long length)
    {
        var buffer = new byte[100_000];
        for (long position = 0; position < length; position += buffer.Length)
        {
            Pattern.Fill(buffer, position);
            await stream.WriteAsync(buffer);
        }

        stream.CompleteWriting();
    }

    /// <summary>Reads a pattern, and nothing behind it.</summary>
    internal static async Task CheckAsync(ChannelStream stream, long length)
    {
        var buffer = new byte[100_000];
        var expected = new byte[buffer.Length];
        for (long position = 0; position < length; position += buffer.Length)
        {
            await stream.ReadExactlyAsync(buffer);
            Pattern.Fill(expected, position);
            Assert.True(buffer.AsSpan().SequenceEqual(expected), $"other bytes than expected after {position}");
        }

        Assert.Equal(0, await stream.ReadAsync(buffer));
    }

    private static async Task EchoAsync(Socket socket, ChannelStream stream)
    {
        using (socket)
        {
            var sent = Pattern.Make(500_000);
            var received = new byte[sent.Length];
            var writing = stream.WriteAsync(sent).AsTask();
            using var network = new NetworkStream(socket);
            await network.ReadExactlyAsync(received);
            await writing;
            Assert.True(sent.AsSpan().SequenceEqual(received));
            var back = network.WriteAsync(sent).AsTask();
            await stream.ReadExactlyAsync(received);
            await back;
            Assert.True(sent.AsSpan().SequenceEqual(received));
        }
    }

    private static async Task<string> ReadAsync(ClientSession session, string end)
    {
        var text = new StringBuilder();
        var buffer = new byte[1000];
        while (!text.ToString().EndsWith(end, StringComparison.Ordinal))
        {
            var count = await session.Stream.ReadAsync(buffer).AsTask().WaitAsync(OpenSsh.Patience);
            Assert.True(count > 0, $"ended after '{text}'");
            text.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }

        return text.ToString();
    }

    private async Task SignAsync(params string[] arguments)
    {
        var result = await _files.RunAsync("ssh-keygen", [.. new[] { "-q", "-s", _files.PathOf("ca") }, .. arguments]);
        Assert.True(result.Status == 0, result.Error);
    }
}

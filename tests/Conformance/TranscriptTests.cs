using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Postern.Ssh.Connection;
using Postern.Ssh.Keys;
using Postern.Ssh.Server;
using Postern.Ssh.Transport;

namespace Conformance;

/// <summary>
/// Sessions of the real client (OpenSSH 9.2) with our server, recorded once (<c>./test.sh --record</c>) and replayed byte
/// for byte without it: the server has fixed keys and fixed randomness, so what it answers must be what it answered then.
/// An ECDSA signature is recorded too, and repeated over the exchange hash that it was made for. ML-KEM is left out: the
/// platform encapsulates by randomness of its own, and nothing is to come in between for a test's sake. It is proved with
/// OpenSSH 10 at both ends, by AlgorithmTests and ClientTests in the Debian 13 root of test.sh.
/// </summary>
public sealed class TranscriptTests
{
    private static readonly string[] UserSignatures = ["ssh-ed25519", "rsa-sha2-512", "rsa-sha2-256"];

    public static TheoryData<string, string, string, string> Sessions() => new()
    {
        { "curve25519-sha256", "aes128-gcm@openssh.com", "hmac-sha2-256-etm@openssh.com", "ssh-ed25519" },
        { "curve25519-sha256", "aes256-gcm@openssh.com", "hmac-sha2-256-etm@openssh.com", "rsa-sha2-512" },
        { "curve25519-sha256", "chacha20-poly1305@openssh.com", "hmac-sha2-256-etm@openssh.com", "ssh-ed25519-cert-v01@openssh.com" },
        { "curve25519-sha256@libssh.org", "aes128-ctr", "hmac-sha2-256-etm@openssh.com", "rsa-sha2-256" },
        { "curve25519-sha256@libssh.org", "aes192-ctr", "hmac-sha2-512", "ssh-ed25519" },
        { "curve25519-sha256@libssh.org", "aes256-ctr", "hmac-sha2-512-etm@openssh.com", "ssh-ed25519" },
        { "ecdh-sha2-nistp256", "aes128-gcm@openssh.com", "hmac-sha2-256-etm@openssh.com", "ssh-ed25519" },
        { "ecdh-sha2-nistp256", "aes128-ctr", "hmac-sha2-256", "ecdsa-sha2-nistp256" },

        // Hashes of 48 and 64 bytes, of which the cipher's keys are more than one and exactly one.
        { "ecdh-sha2-nistp384", "chacha20-poly1305@openssh.com", "hmac-sha2-256-etm@openssh.com", "ssh-ed25519" },
        { "ecdh-sha2-nistp521", "aes256-ctr", "hmac-sha2-512", "ssh-ed25519" },
    };

    [Theory]
    [MemberData(nameof(Sessions))]
    public async Task Session_OfTheRealClient_IsAnsweredAsRecorded(string keyExchange, string cipher, string mac, string hostKey)
    {
        var algorithms = new AlgorithmCatalogue([keyExchange], [cipher], [mac], [hostKey.Replace("-cert-v01@openssh.com", "", StringComparison.Ordinal)], UserSignatures);
        var name = $"{keyExchange} {cipher} {mac} {hostKey}".Replace("@openssh.com", "", StringComparison.Ordinal).Replace(' ', '_') + ".txt";
        if (Transcript.IsRecording)
        {
            await RecordAsync(name, algorithms, hostKey);
        }

        await ReplayAsync(name, algorithms);
    }

    private static ServerConfig Config(AlgorithmCatalogue algorithms, Transcript transcript)
    {
        var key = Ed25519PrivateKey.FromSeed(SHA256.HashData("host key"u8));
        if (Transcript.IsRecording && !File.Exists(Transcript.PathOf("host-cert.pub")))
        {
            WriteCertificate(((ISigner)key).PublicKey);
        }

        var certificate = Certificate.Parse(File.ReadAllText(Transcript.PathOf("host-cert.pub")).Trim());
        return new ServerConfig
        {
            HostKeys =
            [
                new HostKey(key, certificate),
                new HostKey(RealServer.ReadKey(Transcript.PathOf("host_rsa"))),
                new HostKey(new RecordedSigner(RealServer.ReadKey(Transcript.PathOf("host_ecdsa")), transcript)),
            ],
            Algorithms = algorithms,
            Randomness = new RepeatableRandomness(),
        };
    }

    /// <summary>Made once, for a certificate's nonce is random.</summary>
    private static void WriteCertificate(PublicKey key)
    {
        using var random = RandomNumberGenerator.Create();
        var certificate = new CertificateBuilder(Ed25519PrivateKey.FromSeed(SHA256.HashData("authority"u8)), random).Sign(new CertificateStatement
        {
            Key = key,
            Type = CertificateType.Host,
            Serial = 1,
            KeyId = "host",
            Principals = ["gate.example"],
            ValidAfter = 0,
            ValidBefore = ulong.MaxValue,
        });
        File.WriteAllText(Transcript.PathOf("host-cert.pub"), certificate.ToAuthorizedKey() + "\n");
    }

    private static async Task ReplayAsync(string name, AlgorithmCatalogue algorithms)
    {
        var transcript = Transcript.Read(name);
        var log = new CollectingLogger();
        var (client, serving) = await ServeAsync(Config(algorithms, transcript), log);
        using (client)
        {
            using var cancellation = new CancellationTokenSource(OpenSsh.Patience);
            var position = 0;
            foreach (var (isClient, bytes) in transcript.Turns)
            {
                if (isClient)
                {
                    await client.SendAsync(bytes, SocketFlags.None, cancellation.Token);
                    continue;
                }

                var answer = new byte[bytes.Length];
                using var stream = new NetworkStream(client);
                var count = await stream.ReadAtLeastAsync(answer, answer.Length, throwOnEndOfStream: false, cancellation.Token);
                Assert.True(
                    bytes.AsSpan().SequenceEqual(answer.AsSpan(0, count)),
                    $"the server's bytes differ in the turn that begins after {position}\n{string.Join('\n', log.Lines)}");
                position += answer.Length;
            }

            try
            {
                Assert.Equal(0, await client.ReceiveAsync(new byte[1], SocketFlags.None, cancellation.Token));
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionReset)
            {
                // The server closed while the last of the recorded bytes was still under way to it.
            }
        }

        await serving.WaitAsync(OpenSsh.Patience);
    }

    private static async Task RecordAsync(string name, AlgorithmCatalogue algorithms, string hostKey)
    {
        using var files = await OpenSsh.CreateAsync();
        var authority = ((ISigner)Ed25519PrivateKey.FromSeed(SHA256.HashData("authority"u8))).PublicKey;
        await File.WriteAllTextAsync(files.PathOf("known_hosts"), "@cert-authority gate.example " + authority.ToAuthorizedKey() + "\n");
        var transcript = new Transcript();
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var start = files.Ssh(
            ((IPEndPoint)listener.LocalEndPoint!).Port,
            "-T", "-c", algorithms.Ciphers[0], "-m", algorithms.Macs[0], "-o", "KexAlgorithms=" + algorithms.KeyExchanges[0],
            "-o", "HostKeyAlgorithms=" + hostKey, "-o", "HostKeyAlias=gate.example", "-o", "SetEnv=GREETING=hello",
            "user@127.0.0.1", "a command");
        var running = OpenSsh.RunAsync(start, "some input\n"u8.ToArray());
        using var client = await listener.AcceptAsync();
        var (server, serving) = await ServeAsync(Config(algorithms, transcript), NullLogger.Instance);
        using (server)
        {
            await Task.WhenAll(CarryAsync(client, server, isClient: true, transcript), CarryAsync(server, client, isClient: false, transcript));
        }

        await serving;
        var result = await running;
        Assert.True(result.Status == 5, result.Error);
        Assert.Equal("a command: some input\n", result.Text);
        transcript.Write(name, $"OpenSSH 9.2: {name}; regenerate with ./test.sh --record");
    }

    private static async Task CarryAsync(Socket from, Socket to, bool isClient, Transcript transcript)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            for (int count; (count = await from.ReceiveAsync(buffer, SocketFlags.None)) > 0;)
            {
                transcript.Add(isClient, buffer.AsSpan(0, count));
                await to.SendAsync(buffer.AsMemory(0, count), SocketFlags.None);
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The client leaves without waiting for an answer to its goodbye.
        }
    }

    private static async Task<(Socket Client, Task Serving)> ServeAsync(ServerConfig config, ILogger log)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(listener.LocalEndPoint!);
        var accepted = await listener.AcceptAsync();
        var server = new SshServer(config, new Everybody(), log);
        return (client, server.RunAsync(accepted, (IPEndPoint)accepted.RemoteEndPoint!, CancellationToken.None));
    }

    private sealed class Everybody : IServerAuthenticator, IServerConnectionHandler
    {
        public ValueTask<bool> IsKeyWorthTryingAsync(PublicKeyAttempt attempt, CancellationToken cancellationToken) =>
            ValueTask.FromResult(true);

        public ValueTask<AuthenticationOutcome> AuthenticateAsync(PublicKeyAttempt attempt, CancellationToken cancellationToken) =>
            ValueTask.FromResult<AuthenticationOutcome>(new AuthenticationOutcome.Accepted(this));

        public void OnAuthenticated(ServerConnection connection)
        {
        }

        public ValueTask<ChannelOpenDecision> OpenChannelAsync(ChannelOpenRequest request, CancellationToken cancellationToken) =>
            ValueTask.FromResult<ChannelOpenDecision>(new ChannelOpenDecision.Accepted(new Answer()));

        public void OnEnded(ConnectionEnd end)
        {
        }
    }

    /// <summary>Answers all at once when the client has said everything, so that the order is always the same.</summary>
    private sealed class Answer : IChannelHandler
    {
        private readonly List<byte> _text = [];
        private Channel _channel = null!;

        public void OnOpened(Channel channel) => _channel = channel;

        public int OnData(ReadOnlySpan<byte> data)
        {
            _text.AddRange(data);
            return data.Length;
        }

        public ValueTask<bool> OnRequestAsync(ChannelRequest request, CancellationToken cancellationToken)
        {
            if (request is ChannelRequest.Exec exec)
            {
                _text.InsertRange(0, [.. exec.Command.Span, .. ": "u8]);
            }

            return ValueTask.FromResult(request is ChannelRequest.Exec or ChannelRequest.EnvironmentVariable);
        }

        public void OnEof()
        {
            var room = _channel.RentData();
            _text.ToArray().CopyTo(room);
            _channel.CommitData(_text.Count);
            _channel.SendExitStatus(5);
            _channel.SendEof();
            _channel.Close();
        }

        public void OnClosed()
        {
        }
    }
}

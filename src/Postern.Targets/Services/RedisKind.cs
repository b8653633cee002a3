using System.Net.Sockets;
using System.Text;
using Postern.Targets.Environments;
using Postern.Targets.Interop;

namespace Postern.Targets.Services;

/// <summary>Redis with a password and an append-only file; the machine's own version, whatever the type says.</summary>
internal sealed class RedisKind : IServiceKind
{
    /// <inheritdoc/>
    public int Port => 6379;

    /// <inheritdoc/>
    public string Scheme => "redis";

    /// <inheritdoc/>
    public string? UserName => null;

    /// <inheritdoc/>
    public string? Path => null;

    /// <summary>Writes what is left and ends.</summary>
    public int StopSignal => SignalNames.Terminate;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> MakeFiles(ServiceEndpoint endpoint, ProcessTargetConfig config)
    {
        if (!File.Exists(config.RedisServerPath))
        {
            throw new IOException(
                $"{endpoint.Service.Type} needs {config.RedisServerPath}, which is not on this machine; install it.");
        }

        return new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["run"] = $"exec {config.RedisServerPath} /etc/postern/redis.conf\n",
            ["redis.conf"] = $"""
                bind {endpoint.Address.Address}
                port {endpoint.Address.Port}
                requirepass {endpoint.Password}
                dir /data
                appendonly yes
                daemonize no

                """,
        };
    }

    /// <summary>Signs in and sends PING.</summary>
    public async Task<bool> IsHealthyAsync(ServiceEndpoint endpoint, CancellationToken cancellationToken)
    {
        const string Expected = "+OK\r\n+PONG\r\n";
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(endpoint.Address, cancellationToken);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"AUTH {endpoint.Password}\r\nPING\r\n"), cancellationToken);
        byte[] answer = new byte[Expected.Length];
        int length = 0;
        while (length < answer.Length)
        {
            int count = await socket.ReceiveAsync(answer.AsMemory(length), cancellationToken);
            if (count == 0)
            {
                return false;
            }

            length += count;
        }

        return string.Equals(Encoding.ASCII.GetString(answer), Expected, StringComparison.Ordinal);
    }
}

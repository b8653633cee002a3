using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Postern.Targets.Environments;
using Postern.Targets.Interop;

namespace Postern.Targets.Services;

/// <summary>PostgreSQL, one cluster with one database and one user for each service.</summary>
internal sealed class PostgreSqlKind : IServiceKind
{
    private const int ProtocolVersion = 3 << 16;

    /// <inheritdoc/>
    public int Port => 5432;

    /// <inheritdoc/>
    public string Scheme => "pgsql";

    /// <inheritdoc/>
    public string UserName => "user";

    /// <inheritdoc/>
    public string Path => "main";

    /// <summary>Fast shutdown: sessions end, data is written.</summary>
    public int StopSignal => SignalNames.Interrupt;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> MakeFiles(ServiceEndpoint endpoint, ProcessTargetConfig config)
    {
        string programs = FindPrograms(endpoint.Service.Type, config.PostgreSqlRoot);
        return new Dictionary<string, string>(StringComparer.Ordinal)
        {
            // The cluster is made beside its place and moved there when it is whole. Our lock on the data folder and
            // the free address say that no other server runs on it, so a pid file is a killed one's.
            ["run"] = $"""
                set -e
                umask 077
                if [ ! -d /data/cluster ]; then
                    rm -rf /data/cluster.new
                    {programs}/initdb -D /data/cluster.new -U postgres --auth=reject --encoding=UTF8 --locale=C.UTF-8 \
                        --data-checksums --no-instructions
                    {programs}/postgres --single -j -D /data/cluster.new postgres </etc/postern/setup.sql
                    mv /data/cluster.new /data/cluster
                fi
                rm -f /data/cluster/postmaster.pid
                exec {programs}/postgres -D /data/cluster -c hba_file=/etc/postern/pg_hba.conf \
                    -c listen_addresses={endpoint.Address.Address} -c port={endpoint.Address.Port} \
                    -c unix_socket_directories= -c logging_collector=off -c log_destination=stderr \
                    -c shared_buffers=32MB -c max_connections=100

                """,
            ["setup.sql"] = $"""
                CREATE ROLE "{UserName}" LOGIN PASSWORD '{endpoint.Password}';

                CREATE DATABASE "{Path}" OWNER "{UserName}";


                """,
            ["pg_hba.conf"] = $"host all \"{UserName}\" 127.0.0.0/8 scram-sha-256\n",
        };
    }

    /// <summary>Begins a session: a server that asks for the password serves, one that starts or stops says so.</summary>
    public async Task<bool> IsHealthyAsync(ServiceEndpoint endpoint, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(endpoint.Address, cancellationToken);
        byte[] parameters = Encoding.ASCII.GetBytes($"user\0{UserName}\0database\0{Path}\0\0");
        byte[] message = new byte[(2 * sizeof(int)) + parameters.Length];
        BinaryPrimitives.WriteInt32BigEndian(message, message.Length);
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(sizeof(int)), ProtocolVersion);
        parameters.CopyTo(message, 2 * sizeof(int));
        await socket.SendAsync(message, cancellationToken);
        byte[] answer = new byte[1];
        int count = await socket.ReceiveAsync(answer, cancellationToken);
        return count == 1 && answer[0] == (byte)'R';
    }

    private static string FindPrograms(string type, string root)
    {
        string version = type.Contains(':', StringComparison.Ordinal) ? type.Split(':')[1].Split('.')[0] : "";
        string programs = $"{root}/{version}/bin";
        if (version.All(char.IsAsciiDigit) && version.Length > 0 && File.Exists($"{programs}/postgres"))
        {
            return programs;
        }

        string[] installed = System.IO.Directory.Exists(root)
            ? [.. System.IO.Directory.EnumerateDirectories(root).Select(path => System.IO.Path.GetFileName(path)).Order()]
            : [];
        throw new IOException(
            $"{type} is not on this machine: {root} has versions [{string.Join(", ", installed)}]; "
            + "install it or declare one of these.");
    }
}

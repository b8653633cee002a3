using System.Globalization;

namespace Postern.Testing;

/// <summary>A PostgreSQL server of a test's own for real programs: its data in a new folder, on a free loopback port, gone at the end.</summary>
public sealed class PostgreSqlCluster : IAsyncDisposable
{
    private readonly string _folder;
    private readonly int _port;

    private PostgreSqlCluster(string folder, int port)
    {
        (_folder, _port) = (folder, port);
    }

    /// <summary>The ADO.NET connection string of its one database.</summary>
    public string ConnectionString => string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={_port};Username=postern;Database=postgres;Maximum Pool Size=40");

    private static string Binaries => Directory.GetDirectories("/usr/lib/postgresql")
        .OrderByDescending(d => int.Parse(Path.GetFileName(d), CultureInfo.InvariantCulture)).First() + "/bin/";

    /// <summary>Makes and starts one.</summary>
    public static async Task<PostgreSqlCluster> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("postern-pg-").FullName;
        if (Environment.UserName == "root")
        {
            await Programs.ReadAsync("chown", ["postgres:", folder]);
        }

        var cluster = new PostgreSqlCluster(folder, Ports.Free());
        await cluster.RunAsync($"{Binaries}initdb -D {folder}/data -U postern -A trust --no-sync -E UTF8 --locale=C");
        await cluster.RunAsync(
            $"{Binaries}pg_ctl -D {folder}/data -w -t 60 -l {folder}/log -o '-p {cluster._port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off -c max_connections=400' start");
        return cluster;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await RunAsync($"{Binaries}pg_ctl -D {_folder}/data -m immediate -w stop");
        Directory.Delete(_folder, recursive: true);
    }

    // Its output goes nowhere: the server would inherit a pipe, and reading it would wait for the server's end.
    private Task RunAsync(string command)
    {
        string[] shell = ["sh", "-c", $"cd {_folder} && {command} >/dev/null 2>&1"];
        return Environment.UserName == "root"
            ? Programs.ReadAsync("runuser", ["-u", "postgres", "--", .. shell])
            : Programs.ReadAsync(shell[0], shell[1..]);
    }
}

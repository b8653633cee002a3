using System.Globalization;

namespace Postern.Bench.Login;

/// <summary>A PostgreSQL of the benchmark's own, as installed by default: commits are on the disk before they return.</summary>
internal sealed class PostgreSqlCluster
{
    private readonly string _folder;
    private readonly int _port;

    private PostgreSqlCluster(string folder, int port)
    {
        (_folder, _port) = (folder, port);
    }

    public string ConnectionString => $"Host=127.0.0.1;Port={_port};Username=postern;Database=postgres";

    public int ProcessId => int.Parse(File.ReadLines(Path.Combine(_folder, "data", "postmaster.pid")).First(), CultureInfo.InvariantCulture);

    private static string Binaries => System.IO.Directory.GetDirectories("/usr/lib/postgresql")
        .OrderByDescending(d => int.Parse(Path.GetFileName(d), CultureInfo.InvariantCulture)).First() + "/bin/";

    public static async Task<PostgreSqlCluster> StartAsync(string folder)
    {
        System.IO.Directory.CreateDirectory(folder);
        for (var parent = folder; parent is not null && parent != Path.GetTempPath().TrimEnd('/'); parent = Path.GetDirectoryName(parent))
        {
            File.SetUnixFileMode(parent, File.GetUnixFileMode(parent) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        }

        await Shell.RunAsync("chown", ["postgres:", folder]);
        var cluster = new PostgreSqlCluster(folder, ServerUnderTest.FreePort());
        await cluster.RunAsync($"{Binaries}initdb -D {folder}/data -U postern -A trust -E UTF8 --locale=C");
        await cluster.RunAsync(
            $"{Binaries}pg_ctl -D {folder}/data -w -l {folder}/log -o '-p {cluster._port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}' start");
        return cluster;
    }

    public Task<string> QueryAsync(string sql) =>
        Shell.RunAsync("psql", ["-X", "-A", "-t", "-h", "127.0.0.1", "-p", $"{_port}", "-U", "postern", "-c", sql, "postgres"]);

    public Task StopAsync() => RunAsync($"{Binaries}pg_ctl -D {_folder}/data -m immediate -w stop");

    // Its output goes nowhere: the server would inherit a pipe, and reading it would wait for the server's end.
    private Task RunAsync(string command) =>
        Shell.RunAsync("runuser", ["-u", "postgres", "--", "sh", "-c", $"cd {_folder} && {command} >/dev/null 2>&1"]);
}

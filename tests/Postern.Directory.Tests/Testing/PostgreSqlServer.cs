using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Postern.Directory.Tests.Testing;

/// <summary>A PostgreSQL server of this test run's own: its data in a new folder, on a free loopback port, gone at the end.</summary>
public sealed class PostgreSqlServer : IAsyncLifetime
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "postern-pg-" + Guid.NewGuid().ToString("N"));
    private readonly int _port = Postern.Testing.Ports.Free();
    private static readonly string Binaries = FindBinaries();

    public async Task InitializeAsync()
    {
        System.IO.Directory.CreateDirectory(_folder);
        if (Environment.UserName == "root")
        {
            await RunAsync("chown", "postgres:", _folder);
        }

        var data = Path.Combine(_folder, "data");
        await RunAsPostgresAsync("initdb", "-D", data, "-U", "postern", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C");
        await RunAsPostgresAsync(
            "pg_ctl", "-D", data, "-w", "-t", "60", "-l", Path.Combine(_folder, "log"),
            "-o", $"-p {_port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={_folder} -c fsync=off -c max_connections=400",
            "start");
    }

    public async Task DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        await RunAsPostgresAsync("pg_ctl", "-D", Path.Combine(_folder, "data"), "-m", "immediate", "-w", "stop");
        System.IO.Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Makes a new empty database and returns its connection string.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = "d" + Guid.NewGuid().ToString("N");
        await using var connection = new NpgsqlConnection(ConnectionString("postgres"));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"CREATE DATABASE {name}", connection);
        await command.ExecuteNonQueryAsync();
        return ConnectionString(name);
    }

    private string ConnectionString(string database) => string.Create(
        CultureInfo.InvariantCulture,
        $"Host=127.0.0.1;Port={_port};Username=postern;Database={database};Maximum Pool Size=20");

    private static Task RunAsPostgresAsync(string program, params string[] arguments)
    {
        var path = Path.Combine(Binaries, program);
        return Environment.UserName == "root"
            ? RunAsync("runuser", ["-u", "postgres", "--", path, .. arguments])
            : RunAsync(path, arguments);
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        // Output goes nowhere: the server would inherit a pipe, and reading it would wait for the server's end.
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = "/" };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("exec \"$0\" \"$@\" >/dev/null 2>&1");
        start.ArgumentList.Add(program);
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}");
    }

    private static string FindBinaries() =>
        System.IO.Directory.Exists("/usr/lib/postgresql")
            ? System.IO.Directory.GetDirectories("/usr/lib/postgresql")
                .OrderByDescending(d => int.Parse(Path.GetFileName(d), CultureInfo.InvariantCulture))
                .Select(d => Path.Combine(d, "bin")).First()
            : throw new InvalidOperationException("PostgreSQL is not installed; run: apt-get install postgresql");
}

using System.Diagnostics;
using System.Globalization;

namespace Postern.Bench.Login;

/// <summary>A whole Postern on one of its databases, behind what it takes for a proxy, so that requests may come from many addresses.</summary>
internal sealed class LoginServer : IAsyncDisposable
{
    public const string Password = "a password for the benchmark";

    /// <summary>Accounts that sign in, all with the same password: each has limits of its own.</summary>
    public const int Accounts = 500;

    private const string Owner = "owner@postern.test";

    private readonly PostgreSqlCluster? _cluster;

    private LoginServer(string name, Process process, PostgreSqlCluster? cluster, Uri address, string apiToken)
    {
        (Name, Process, _cluster, Address, ApiToken) = (name, process, cluster, address, apiToken);
    }

    public string Name { get; }

    public Process Process { get; }

    public Uri Address { get; }

    public string ApiToken { get; }

    /// <summary>CPU seconds of the server.</summary>
    public double CpuSeconds => CpuMeter.Seconds(Process.Id, withDescendants: false);

    /// <summary>CPU seconds of the database's own processes; 0 for SQLite, which is part of the server.</summary>
    public double DatabaseCpuSeconds => _cluster is null ? 0 : CpuMeter.Seconds(_cluster.ProcessId, withDescendants: true);

    public static string EmailOf(int account) => string.Create(CultureInfo.InvariantCulture, $"person{account}@postern.test");

    public static async Task<LoginServer> StartAsync(string folder, string programs, bool isPostgreSql)
    {
        System.IO.Directory.CreateDirectory(folder);
        var cluster = isPostgreSql ? await PostgreSqlCluster.StartAsync(Path.Combine(folder, "postgresql")) : null;
        var (http, ssh) = (ServerUnderTest.FreePort(), ServerUnderTest.FreePort());
        var configuration = Path.Combine(folder, "server.yaml");
        var database = cluster is null ? "provider: sqlite" : $"provider: postgresql\n  connection_string: {cluster.ConnectionString}";
        await File.WriteAllTextAsync(configuration, $"""
            data_directory: {folder}/data
            http:
              listen: 127.0.0.1:{http}
              public_url: https://bench.postern.test
            ssh:
              listen: 127.0.0.1:{ssh}
            database:
              {database}
            """);
        var server = Path.Combine(programs, "postern-server");
        await Shell.RunAsync(server, ["init", "--config", configuration]);
        var password = Path.Combine(folder, "password");
        await File.WriteAllTextAsync(password, Password + "\n");
        await Shell.RunAsync("sh", ["-c", $"{server} user add {Owner} --config {configuration} --password-stdin <{password}"]);
        var token = (await Shell.RunAsync(server, ["token", "create", Owner, "--name", "bench", "--config", configuration])).Trim();
        await MakeAccountsAsync(folder, cluster);

        var process = Shell.Start(server, ["serve", "--config", configuration]);
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await ServerUnderTest.WaitForPortAsync(http, process);
        return new LoginServer(cluster is null ? "SQLite" : "PostgreSQL", process, cluster, new Uri($"http://127.0.0.1:{http}"), token);
    }

    public async ValueTask DisposeAsync()
    {
        Process.Kill();
        await Process.WaitForExitAsync();
        if (_cluster is not null)
        {
            await _cluster.StopAsync();
        }
    }

    // Copies of one account under other names: a password hash does not know whose it is.
    private static async Task MakeAccountsAsync(string folder, PostgreSqlCluster? cluster)
    {
        string[] named = ["id", "user_name", "normalized_user_name", "email", "normalized_email"];
        const string Columns = "SELECT string_agg(column_name, ',') FROM information_schema.columns WHERE table_name = 'users'";
        const string SqliteColumns = "SELECT group_concat(name, ',') FROM pragma_table_info('users')";
        var file = Path.Combine(folder, "data", "postern.db");
        var columns = (cluster is null ? await Shell.RunAsync("sqlite3", [file, SqliteColumns]) : await cluster.QueryAsync(Columns)).Trim().Split(',');
        var copied = string.Join(',', columns.Except(named));
        var number = cluster is null ? "value" : "n";
        var id = cluster is null
            ? "upper(printf('00000000-0000-4000-8000-%012x', value))"
            : "('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid";
        var numbers = cluster is null
            ? $"(WITH RECURSIVE c(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM c WHERE value < {Accounts}) SELECT value FROM c)"
            : $"generate_series(1, {Accounts}) AS n";
        var (lower, upper) = ($"'person' || {number} || '@postern.test'", $"'PERSON' || {number} || '@POSTERN.TEST'");
        var sql = $"INSERT INTO users ({string.Join(',', named)},{copied}) SELECT {id}, {lower}, {upper}, {lower}, {upper}, {copied} FROM users, {numbers}";
        _ = cluster is null ? await Shell.RunAsync("sqlite3", [file, sql]) : await cluster.QueryAsync(sql);
    }
}

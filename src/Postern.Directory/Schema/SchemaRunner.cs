using System.Data.Common;
using System.Globalization;
using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.Storage;

namespace Postern.Directory.Schema;

/// <summary>
/// Brings a database to the schema of this program: runs the numbered scripts that it has not seen, all in one
/// transaction, so that a failure changes nothing. Several processes may start at once; one works, the others wait.
/// </summary>
public sealed class SchemaRunner(IDbContextFactory<DirectoryContext> contexts)
{
    // Any number that nobody else uses for an advisory lock in this database.
    private const long AdvisoryLock = 0x506F737465726E;

    /// <summary>Creates or upgrades the schema and returns its version.</summary>
    /// <exception cref="SchemaException">The database was made by a newer program.</exception>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var isSqlite = context.Database.IsSqlite();
        var scripts = ReadScripts(isSqlite ? "Sqlite" : "PostgreSql");
        await context.Database.OpenConnectionAsync(cancellationToken);
        var connection = context.Database.GetDbConnection();
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (!isSqlite)
        {
            // SQLite has begun an immediate transaction, which no other writer can share; PostgreSQL needs a lock.
            await ExecuteAsync(connection, transaction, $"SELECT pg_advisory_xact_lock({AdvisoryLock})", cancellationToken);
        }

        await ExecuteAsync(
            connection,
            transaction,
            "CREATE TABLE IF NOT EXISTS schema_version (version integer NOT NULL PRIMARY KEY, name text NOT NULL)",
            cancellationToken);
        var present = await ReadVersionsAsync(connection, transaction, cancellationToken);
        var newest = scripts[^1].Version;
        if (present.Count > 0 && present.Max is var theirs && theirs > newest)
        {
            throw new SchemaException(
                $"the database has schema version {theirs} and this program knows versions up to {newest}; "
                + "run the newer postern-server, or restore a backup that was made with this one.");
        }

        // Not those above the newest: a script may have been released after one with a greater number.
        foreach (var script in scripts.Where(s => !present.Contains(s.Version)))
        {
            await ExecuteAsync(connection, transaction, script.Text, cancellationToken);
            await ExecuteAsync(
                connection,
                transaction,
                $"INSERT INTO schema_version (version, name) VALUES ({script.Version}, '{script.Name}')",
                cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return newest;
    }

    private static async Task<SortedSet<int>> ReadVersionsAsync(
        DbConnection connection, DbTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = "SELECT version FROM schema_version";
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var versions = new SortedSet<int>();
        while (await reader.ReadAsync(cancellationToken))
        {
            versions.Add(reader.GetInt32(0));
        }

        return versions;
    }

    private static async Task ExecuteAsync(
        DbConnection connection, DbTransaction transaction, string sql, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.Transaction = transaction;
#pragma warning disable CA2100 // The text is a resource of this program.
        command.CommandText = sql;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static List<Script> ReadScripts(string provider)
    {
        var assembly = Assembly.GetExecutingAssembly();
        var prefix = $"Schema/{provider}/";
        var scripts = new List<Script>();
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.StartsWith(prefix, StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            var file = Path.GetFileNameWithoutExtension(name);
            var number = int.Parse(file.AsSpan(0, 4), CultureInfo.InvariantCulture);
            scripts.Add(new Script(number, file[5..], reader.ReadToEnd()));
        }

        return [.. scripts.OrderBy(s => s.Version)];
    }

    private sealed record Script(int Version, string Name, string Text);
}

using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Postern.Directory.Storage;

/// <summary>
/// Sets on each connection what SQLite keeps per connection: a commit is on the disk before it returns (a certificate
/// must be in the record before it is handed out), references hold, and a writer waits for another instead of failing.
/// </summary>
internal sealed class SqliteConnectionSettings : DbConnectionInterceptor
{
    /// <summary>Write-ahead logging lets readers and one writer work at once; it is kept in the file.</summary>
    private const string Pragmas =
        "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;";

    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
    {
        using var command = connection.CreateCommand();
        command.CommandText = Pragmas;
        command.ExecuteNonQuery();
    }

    public override async Task ConnectionOpenedAsync(
        DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = Pragmas;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

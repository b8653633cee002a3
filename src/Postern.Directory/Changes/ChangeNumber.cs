using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.Storage;

namespace Postern.Directory.Changes;

/// <summary>
/// The number of the newest change, read from the database at each call: as long as it stays the same, nobody has lost or
/// gained a right. It rises in the order of the commits on both databases. Safe for use by many threads.
/// </summary>
public sealed class ChangeNumber(IDbContextFactory<DirectoryContext> contexts) : IDisposable
{
    /// <summary>Connections that are kept: as many as ask at the same moment on a busy machine.</summary>
    private const int KeptStatements = 8;

    private readonly ConcurrentBag<PreparedStatement> _free = [];

    /// <summary>Reads it; 0 when nothing was ever changed.</summary>
    public async ValueTask<long> ReadAsync(CancellationToken cancellationToken)
    {
        if (!_free.TryTake(out var statement))
        {
            statement = await PreparedStatement.OpenAsync(
                contexts, "SELECT max(id) FROM changes", static _ => { }, cancellationToken);
        }

        object? newest;
        try
        {
            newest = await statement.Command.ExecuteScalarAsync(cancellationToken);
        }
        catch
        {
            statement.Dispose();
            throw;
        }

        if (_free.Count < KeptStatements)
        {
            _free.Add(statement);
        }
        else
        {
            statement.Dispose();
        }

        return newest is null or DBNull ? 0 : Convert.ToInt64(newest, CultureInfo.InvariantCulture);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_free.TryTake(out var statement))
        {
            statement.Dispose();
        }
    }
}

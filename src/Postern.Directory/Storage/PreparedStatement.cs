using System.Data.Common;
using Microsoft.EntityFrameworkCore;

namespace Postern.Directory.Storage;

/// <summary>
/// A statement that is asked so often that it keeps a connection of its own, on which it is prepared once. One user at a
/// time; one whose call failed is disposed of, for its connection may be gone.
/// </summary>
internal sealed class PreparedStatement : IDisposable
{
    private readonly DirectoryContext _context;

    private PreparedStatement(DirectoryContext context, DbCommand command)
    {
        _context = context;
        Command = command;
    }

    /// <summary>The statement, with the parameters that were declared.</summary>
    public DbCommand Command { get; }

    /// <summary>Opens a connection, as every other of the Directory is opened, and prepares the statement.</summary>
    public static async Task<PreparedStatement> OpenAsync(
        IDbContextFactory<DirectoryContext> contexts, string sql, Action<DbCommand> declare, CancellationToken cancellationToken)
    {
        var context = await contexts.CreateDbContextAsync(cancellationToken);
        try
        {
            await context.Database.OpenConnectionAsync(cancellationToken);
            var command = context.Database.GetDbConnection().CreateCommand();
#pragma warning disable CA2100 // The texts are constants of this room.
            command.CommandText = sql;
#pragma warning restore CA2100
            declare(command);
            await command.PrepareAsync(cancellationToken);
            return new PreparedStatement(context, command);
        }
        catch
        {
            await context.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Command.Dispose();
        _context.Dispose();
    }
}

using System.Text;
using Microsoft.EntityFrameworkCore;

namespace Postern.Login.Tests.Testing;

/// <summary>All that the database holds, as text in which to look for secrets.</summary>
internal static class StoredText
{
    /// <summary>The files of SQLite, or every row of PostgreSQL; bytes are there as hex.</summary>
    public static async Task<string> ReadAsync(LoginServer server)
    {
        var all = new StringBuilder();
        if (server.Folder is { } folder)
        {
            foreach (var file in System.IO.Directory.GetFiles(folder))
            {
                await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
                using var reader = new StreamReader(stream, Encoding.Latin1);
                var text = await reader.ReadToEndAsync();
                all.AppendLine(text).AppendLine(Convert.ToHexStringLower(Encoding.Latin1.GetBytes(text)));
            }

            return all.ToString();
        }

        await using var context = await server.Contexts.CreateDbContextAsync();
        var tables = await context.Database.SqlQuery<string>(
            $"SELECT table_name AS \"Value\" FROM information_schema.tables WHERE table_schema = 'public'").ToListAsync();
        foreach (var table in tables)
        {
#pragma warning disable EF1002 // The names come from the database's own catalogue.
            all.AppendJoin('\n', await context.Database.SqlQueryRaw<string>($"SELECT r::text AS \"Value\" FROM \"{table}\" r").ToListAsync());
#pragma warning restore EF1002
        }

        return all.ToString();
    }
}

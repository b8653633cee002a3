using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Postern.Authority;
using Postern.Directory.Storage;
using Postern.Server.Configuration;

namespace Postern.Server.Doctor;

/// <summary>Whether the data directory, the master key and the database are there and can be used.</summary>
internal static class StorageCheck
{
    private const UnixFileMode WritableByOthers = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <summary>Looks at the data directory without leaving anything in it.</summary>
    public static Finding DataDirectory(string path)
    {
        const string Subject = "data directory";
        if (!System.IO.Directory.Exists(path))
        {
            return new Finding(FindingLevel.Fail, Subject, $"{path} is not there", "run postern-server init, or correct data_directory");
        }

        try
        {
            if ((File.GetUnixFileMode(path) & WritableByOthers) != UnixFileMode.None)
            {
                return new Finding(FindingLevel.Fail, Subject, $"others may write to {path}", $"chmod go-w {path}");
            }

            using var probe = new FileStream(Path.Combine(path, $".doctor-{Guid.NewGuid():N}"), new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                Options = FileOptions.DeleteOnClose,
            });
            return new Finding(FindingLevel.Ok, Subject, $"{path} is there and can be written to");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new Finding(
                FindingLevel.Fail, Subject, $"{path} cannot be written to: {exception.Message}", "run as the directory's owner, and free some space if the disk is full");
        }
    }

    /// <summary>Looks at the key under which all others are encrypted.</summary>
    public static Finding MasterKeyFile(string path)
    {
        const string Subject = "master key";
        if (!File.Exists(path))
        {
            return new Finding(
                FindingLevel.Fail, Subject, $"{path} is not there", "restore it from its backup; for a new installation run postern-server init");
        }

        try
        {
            using var key = MasterKey.Open(path);
            return new Finding(FindingLevel.Ok, Subject, $"{path} can be read by its owner alone");
        }
        catch (Exception exception) when (exception is AuthorityKeyException or IOException or UnauthorizedAccessException)
        {
            return new Finding(FindingLevel.Fail, Subject, exception.Message, "see the message; the key is needed to sign and to read sessions");
        }
    }

    /// <summary>Asks the database for something small. Makes no file where there is none.</summary>
    public static async Task<Finding> DatabaseAsync(
        ServerConfig config, IDbContextFactory<DirectoryContext> contexts, CancellationToken cancellationToken)
    {
        const string Subject = "database";
        if (config.DatabaseProvider == DirectoryOptions.Sqlite
            && new SqliteConnectionStringBuilder(config.DatabaseConnectionString).DataSource is var file && !File.Exists(file))
        {
            return new Finding(FindingLevel.Fail, Subject, $"{file} is not there", "run postern-server init, or correct database.connection_string");
        }

        try
        {
            await using var context = await contexts.CreateDbContextAsync(cancellationToken);
            var keys = await context.AuthorityKeys.CountAsync(cancellationToken);
            return keys > 0
                ? new Finding(FindingLevel.Ok, Subject, $"{config.DatabaseProvider} answers")
                : new Finding(FindingLevel.Fail, Subject, "there is no certificate authority in it yet", "run postern-server init");
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return new Finding(
                FindingLevel.Fail,
                Subject,
                $"{config.DatabaseProvider} cannot be used: {exception.GetBaseException().Message}",
                "check that it runs, database.connection_string, and that postern-server init has been run");
        }
    }
}

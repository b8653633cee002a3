using System.CommandLine;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Postern.Authority;
using Postern.Directory.Schema;
using Postern.Gateway.Listening;
using Postern.Server.Composition;
using Postern.Server.Configuration;

namespace Postern.Server.Commands;

/// <summary>
/// What operator commands share: the configuration option, the services behind it, and one way to fail. A failure that an
/// operator can mend is one line on standard error and exit status 1, never a stack trace.
/// </summary>
internal static class CommandContext
{
    /// <summary>Exit status of a command that could not do its work.</summary>
    public const int Failed = 1;

    /// <summary>Names the configuration file.</summary>
    public static readonly Option<string?> Config = new("--config")
    {
        Description = "Configuration file (YAML); without it the defaults and POSTERN_SERVER__* hold",
        Recursive = true,
    };

    /// <summary>Makes a command run <paramref name="work"/> and turns what can go wrong into a message.</summary>
    public static void Runs(this Command command, Func<ParseResult, ServerConfig, CancellationToken, Task<int>> work) =>
        command.SetAction(async (arguments, cancellationToken) =>
        {
            try
            {
                var config = ServerConfig.Load(arguments.GetValue(Config), Environment.GetEnvironmentVariables());
                return await work(arguments, config, cancellationToken);
            }
            catch (Exception exception) when (MessageOf(exception) is not null)
            {
                await Console.Error.WriteLineAsync("postern-server: " + MessageOf(exception));
                return Failed;
            }
        });

    /// <summary>The same for commands that work on the prepared core services.</summary>
    public static void RunsOnCore(this Command command, Func<ParseResult, IServiceProvider, CancellationToken, Task<int>> work) =>
        command.Runs(async (arguments, config, cancellationToken) =>
        {
            var services = new ServiceCollection();
            services.AddLogging(logging => logging.AddSimpleConsole().AddFilter(level => level >= LogLevel.Warning));
            services.AddCore(config);
            await using var provider = services.BuildServiceProvider();
            await provider.PrepareAsync(cancellationToken);
            await using var scope = provider.CreateAsyncScope();
            return await work(arguments, scope.ServiceProvider, cancellationToken);
        });

    /// <summary>Prints a fault for the operator and gives the exit status.</summary>
    public static async Task<int> FailAsync(params IEnumerable<string> faults)
    {
        foreach (var fault in faults)
        {
            await Console.Error.WriteLineAsync("postern-server: " + fault);
        }

        return Failed;
    }

    private static string? MessageOf(Exception exception) => exception switch
    {
        ConfigurationException or SchemaException or AuthorityKeyException or ListenException => exception.Message,
        DbUpdateException { InnerException: { } inner } => MessageOf(inner),
        SqliteException { SqliteErrorCode: 13 } => "The disk is full: the database could not be written, and nothing was changed. Free some space and try again.",
        SqliteException { SqliteErrorCode: 10 } sqlite => $"The disk is full or failing: the database could not be written ({sqlite.Message}), and nothing was changed. Free some space and try again.",
        SqliteException { SqliteErrorCode: 14 } => "The database file cannot be opened: check database.connection_string and data_directory, and who may write there.",
        SqliteException { SqliteErrorCode: 26 or 11 } sqlite => $"The database file is damaged ({sqlite.Message}); restore it from its backup.",
        SqliteException sqlite => $"The database cannot be used: {sqlite.Message}",
        NpgsqlException npgsql => $"PostgreSQL cannot be used: {npgsql.Message}",
        IOException or UnauthorizedAccessException => exception.Message,
        _ => null,
    };
}

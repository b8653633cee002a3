using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Postern.Login.Tests.Testing;

/// <summary>Keeps every line that the server would log, with the database's statements apart.</summary>
internal sealed class CollectedLog : ILoggerProvider
{
    /// <summary>The category of the statements, with which their lines begin.</summary>
    public const string Statements = "Microsoft.EntityFrameworkCore.Database.Command";

    private int _statements;

    public ConcurrentQueue<string> Lines { get; } = new();

    /// <summary>How many statements the database was asked to run so far.</summary>
    public int StatementCount => Volatile.Read(ref _statements);

    public ILogger CreateLogger(string categoryName) => new Collector(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Collector(CollectedLog log, string category) : ILogger
    {
        /// <summary>EF Core's event of a statement that was run.</summary>
        private const int CommandExecuted = 20101;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (category == Statements && eventId.Id == CommandExecuted)
            {
                Interlocked.Increment(ref log._statements);
            }

            log.Lines.Enqueue($"{category} {formatter(state, exception)} {exception}");
        }
    }
}

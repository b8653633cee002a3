using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Postern.Gateway.Tests.Testing;

/// <summary>Keeps what was logged.</summary>
internal sealed class RecordedLog : ILoggerProvider
{
    private readonly ConcurrentQueue<(int Event, string Text)> _lines = new();

    /// <summary>How many lines there are at Information and above.</summary>
    public int Lines => _lines.Count;

    public IReadOnlyList<string> All => [.. _lines.Select(l => l.Text)];

    public IReadOnlyList<string> Of(int eventId) => [.. _lines.Where(l => l.Event == eventId).Select(l => l.Text)];

    public ILogger CreateLogger(string categoryName) => new Recorder(_lines);

    public void Dispose()
    {
    }

    private sealed class Recorder(ConcurrentQueue<(int Event, string Text)> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue((eventId.Id, $"{formatter(state, exception)} {exception}"));
    }
}

namespace Postern.Server.Logging;

/// <summary>The logger of one category.</summary>
internal sealed class CategoryLog(ConsoleLog log, string category) : ILogger
{
    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

    /// <inheritdoc/>
    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            log.Add(logLevel, category, eventId.Id, formatter(state, exception), exception);
        }
    }
}

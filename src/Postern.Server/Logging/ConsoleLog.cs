using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Postern.Server.Logging;

/// <summary>
/// Writes log lines from one thread, many at once. Whoever logs never waits for the reader of the log: event loops do, and
/// one that waits holds up everybody's connections. What a reader is too slow for is dropped, counted, and said in the log
/// once there is room again. Safe to use from any thread; what is logged after its end is not written.
/// </summary>
internal sealed class ConsoleLog : ILoggerProvider
{
    /// <summary>
    /// Bytes that wait to be written at most: some 30,000 lines, which is many seconds of the busiest server. As much again
    /// may be on its way.
    /// </summary>
    public const int MaximumWaiting = 4 * 1024 * 1024;

    /// <summary>Bytes of one line at most; what is longer is cut off.</summary>
    public const int LongestLine = 16 * 1024;

    /// <summary>The name of the meter.</summary>
    public const string MeterName = "Postern.Log";

    // Lines are gathered for as long before they are written, except before trouble is told.
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(20);

    // A reader that is stuck must not keep the server from ending.
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(2);

    private readonly Stream _output;
    private readonly TimeProvider _time;
    private readonly Meter _meter = new(MeterName);
    private readonly Thread _writer;

    // Wakes the writer from its sleep between two batches, which is long: there is nothing to spin for.
    private readonly ManualResetEventSlim _hurry = new(initialState: false, spinCount: 0);

    private readonly object _gate = new();

    // Gate.
    private byte[] _filling = new byte[64 * 1024];
    private int _filled;
    private int _lines;
    private long _dropped;
    private bool _isWriterIdle;
    private bool _isEnding;

    // Any thread.
    private long _droppedInAll;

    /// <summary>Starts to write.</summary>
    /// <param name="output">Where the lines go; taken over.</param>
    /// <param name="time">The clock of their time stamps.</param>
    public ConsoleLog(Stream output, TimeProvider time)
    {
        _output = output;
        _time = time;
        _meter.CreateObservableCounter(
            "postern_log_dropped_lines", () => Volatile.Read(ref _droppedInAll), null, "Log lines that were not written, for their reader was too slow or gone");
        _writer = new Thread(Write) { IsBackground = true, Name = "postern-log" };
        _writer.Start();
    }

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new CategoryLog(this, categoryName);

    /// <summary>Writes what waits, for a moment, and ends.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isEnding = true;
            Monitor.Pulse(_gate);
        }

        _hurry.Set();
        if (_writer.Join(EndPatience))
        {
            _hurry.Dispose();
            _output.Dispose();
        }

        _meter.Dispose();
    }

    /// <summary>Takes a line, or drops it.</summary>
    internal void Add(LogLevel level, string category, int eventId, string message, Exception? exception)
    {
        Span<byte> buffer = stackalloc byte[1024];
        var line = new LogLine(buffer, LongestLine);
        line.AppendTime(_time.GetUtcNow());
        line.Append(NameOf(level));
        line.Append(category);
        line.AppendNumber(eventId);
        line.Append(message);
        if (exception is not null)
        {
            line.Append(" ");
            line.Append(exception.ToString());
        }

        Add(line.End(), isUrgent: level >= LogLevel.Error);
    }

    private static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "trce: ",
        LogLevel.Debug => "dbug: ",
        LogLevel.Information => "info: ",
        LogLevel.Warning => "warn: ",
        LogLevel.Error => "fail: ",
        _ => "crit: ",
    };

    private void Add(ReadOnlySpan<byte> line, bool isUrgent)
    {
        lock (_gate)
        {
            if (_isEnding || _filled + line.Length > MaximumWaiting)
            {
                _dropped++;
                Interlocked.Increment(ref _droppedInAll);
                return;
            }

            if (_filled + line.Length > _filling.Length)
            {
                Array.Resize(ref _filling, Math.Min(MaximumWaiting, Math.Max(2 * _filling.Length, _filled + line.Length)));
            }

            line.CopyTo(_filling.AsSpan(_filled));
            _filled += line.Length;
            _lines++;
            if (_isWriterIdle)
            {
                _isWriterIdle = false;
                Monitor.Pulse(_gate);
            }
        }

        if (isUrgent)
        {
            _hurry.Set();
        }
    }

    private void Write()
    {
        var writing = new byte[64 * 1024];
        while (true)
        {
            int length, lines;
            long dropped;
            lock (_gate)
            {
                while (_filled == 0 && _dropped == 0 && !_isEnding)
                {
                    _isWriterIdle = true;
                    Monitor.Wait(_gate);
                }

                if (_filled == 0 && _dropped == 0)
                {
                    return;
                }
            }

            _hurry.Wait(Gathering);
            lock (_gate)
            {
                // From here on whoever wants to hurry is heard by the next turn.
                if (!_isEnding)
                {
                    _hurry.Reset();
                }

                (_filling, writing) = (writing, _filling);
                (length, lines, dropped) = (_filled, _lines, _dropped);
                (_filled, _lines, _dropped) = (0, 0, 0);
            }

            TryWrite(writing.AsSpan(0, length), lines);
            if (dropped > 0)
            {
                TryWrite(Encoding.UTF8.GetBytes(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{_time.GetUtcNow():yyyy-MM-ddTHH:mm:ssZ} warn: {typeof(ConsoleLog).FullName}[6000] {dropped} log lines were dropped here: they came faster than their reader took them, and {MaximumWaiting} bytes may wait\n")), 1);
            }
        }
    }

    private void TryWrite(ReadOnlySpan<byte> bytes, int lines)
    {
        try
        {
            _output.Write(bytes);
        }
        catch (IOException)
        {
            // Nobody reads any more: there is no place to say so but the metric.
            Interlocked.Add(ref _droppedInAll, lines);
        }
    }
}

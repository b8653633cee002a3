using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using Postern.Server.Logging;

namespace Postern.Server.Tests.Logging;

/// <summary>The log has every line whole and in order, and nobody who writes to it waits for who reads it.</summary>
public sealed class ConsoleLogTests : IDisposable
{
    private readonly FakeClock _clock = new();
    private readonly SlowReader _reader = new();

    public void Dispose() => _reader.Dispose();

    [Fact]
    public void Line_HasTimeLevelCategoryNumberAndText()
    {
        using (var log = new ConsoleLog(_reader, _clock))
        {
            _reader.Go();
            Log(log, LogLevel.Warning, "a connection was closed");
            Log(log, LogLevel.Error, "it failed", new InvalidOperationException("why\nnot"));
        }

        Assert.Equal("2026-11-27T10:00:00Z warn: Postern.Room[4001] a connection was closed", _reader.Lines[0]);
        Assert.StartsWith("2026-11-27T10:00:00Z fail: Postern.Room[4001] it failed System.InvalidOperationException: why not", _reader.Lines[1], StringComparison.Ordinal);
        Assert.Equal(2, _reader.Lines.Length);
    }

    [Theory]
    [InlineData("a\r\nb\u001b[2Jc\u007f", "a  b [2Jc ")]
    [InlineData("Grüße 🙂", "Grüße 🙂")]
    [InlineData("", "")]
    public void ControlCharacters_BecomeBlanks_SoThatNobodyForgesALine(string text, string written)
    {
        using (var log = new ConsoleLog(_reader, _clock))
        {
            _reader.Go();
            Log(log, LogLevel.Information, text);
        }

        Assert.Equal($"2026-11-27T10:00:00Z info: Postern.Room[4001] {written}", Assert.Single(_reader.Lines));
    }

    [Theory]
    [InlineData('x')]
    [InlineData('ü')]
    public void Line_ThatIsTooLong_IsCutOff(char letter)
    {
        using (var log = new ConsoleLog(_reader, _clock))
        {
            _reader.Go();
            Log(log, LogLevel.Information, new string(letter, 2 * ConsoleLog.LongestLine));
            Log(log, LogLevel.Information, "next");
        }

        Assert.InRange(Encoding.UTF8.GetByteCount(_reader.Lines[0]), ConsoleLog.LongestLine - 8, ConsoleLog.LongestLine - 1);
        Assert.EndsWith("next", _reader.Lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void ReaderThatDoesNotRead_HoldsNobodyUp_AndLearnsHowManyLinesItMissed()
    {
        // More than may wait and be on its way: nobody reads before all of it was logged.
        var text = new string('x', 8 * 1024);
        const int Lines = 4 * ConsoleLog.MaximumWaiting / (8 * 1024);
        long counted = 0;
        using (var log = new ConsoleLog(_reader, _clock))
        {
            for (var i = 0; i < Lines; i++)
            {
                Log(log, LogLevel.Information, text);
            }

            counted = ReadDropped();
            _reader.Go();
        }

        var written = _reader.Lines.Count(line => line.EndsWith(text, StringComparison.Ordinal));
        var told = _reader.Lines.Where(line => line.Contains("[6000]", StringComparison.Ordinal))
            .Sum(line => long.Parse(line.Split("[6000] ")[1].Split(' ')[0], CultureInfo.InvariantCulture));
        Assert.InRange(written, 1, (2 * ConsoleLog.MaximumWaiting / (8 * 1024)) + 1);
        Assert.Equal(Lines, written + told);
        Assert.Equal(told, counted);
    }

    [Fact]
    public async Task ManyThreads_LoseNoLine_AndKeepTheirOrder()
    {
        const int Threads = 4;
        const int Lines = 2000;
        using (var log = new ConsoleLog(_reader, _clock))
        {
            _reader.Go();
            await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(() =>
            {
                for (var i = 0; i < Lines; i++)
                {
                    Log(log, LogLevel.Information, $"{thread} {i}");
                }
            })));
        }

        foreach (var group in _reader.Lines.Select(line => line.Split("[4001] ")[1].Split(' ')).GroupBy(words => words[0]))
        {
            Assert.Equal(Enumerable.Range(0, Lines).Select(i => $"{i}"), group.Select(words => words[1]));
        }

        Assert.Equal(Threads * Lines, _reader.Lines.Length);
    }

    [Fact]
    public void ReaderThatIsGone_EndsNothing()
    {
        using (var log = new ConsoleLog(_reader, _clock))
        {
            _reader.IsGone = true;
            _reader.Go();
            Log(log, LogLevel.Error, "nobody reads this");
        }

        Assert.Empty(_reader.Lines);
    }

    private static void Log(ConsoleLog log, LogLevel level, string text, Exception? exception = null) =>
        log.CreateLogger("Postern.Room").Log(level, new EventId(4001), text, exception, static (state, _) => state);

    private static long ReadDropped()
    {
        long dropped = 0;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == ConsoleLog.MeterName)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => dropped = Math.Max(dropped, value));
        listener.Start();
        listener.RecordObservableInstruments();
        return dropped;
    }

    private sealed class FakeClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 11, 27, 10, 0, 0, TimeSpan.Zero);
    }

    /// <summary>Takes nothing before it is told to.</summary>
    private sealed class SlowReader : MemoryStream
    {
        private readonly ManualResetEventSlim _go = new();

        public bool IsGone { get; set; }

        public string[] Lines => Encoding.UTF8.GetString(ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        public void Go() => _go.Set();

        protected override void Dispose(bool disposing)
        {
            _go.Dispose();
            base.Dispose(disposing);
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _go.Wait();
            if (IsGone)
            {
                throw new IOException("Broken pipe");
            }

            base.Write(buffer);
        }
    }
}

using System.Diagnostics.Metrics;
using Postern.Server.Metrics;

namespace Postern.Server.Tests.Metrics;

public sealed class PrometheusExporterTests : IDisposable
{
    private readonly PrometheusExporter _exporter = new();
    private readonly Meter _meter = new("Postern.Test");

    public void Dispose()
    {
        _meter.Dispose();
        _exporter.Dispose();
    }

    [Fact]
    public void Instruments_AreWrittenInTheFormatOfPrometheus()
    {
        var counter = _meter.CreateCounter<long>("test_a", null, "What a\nis\\");
        var gauge = _meter.CreateUpDownCounter<long>("test_b", null, "What b is");
        _meter.CreateObservableGauge("test_c", () => 7L, null, "What c is");
        counter.Add(2, new KeyValuePair<string, object?>("limit", "x"));
        counter.Add(3, new KeyValuePair<string, object?>("limit", "x"));
        counter.Add(1, new KeyValuePair<string, object?>("limit", "q\"\\\n"));
        gauge.Add(+5);
        gauge.Add(-2);

        Assert.Equal(
            """
            # HELP test_a_total What a\nis\\
            # TYPE test_a_total counter
            test_a_total{limit="q\"\\\n"} 1
            test_a_total{limit="x"} 5
            # HELP test_b What b is
            # TYPE test_b gauge
            test_b 3
            # HELP test_c What c is
            # TYPE test_c gauge
            test_c 7

            """,
            Ours());
    }

    [Fact]
    public void Instrument_WithoutMeasurements_Is0()
    {
        _meter.CreateUpDownCounter<long>("test_d");
        Assert.Contains("\ntest_d 0\n", _exporter.Write(), StringComparison.Ordinal);
    }

    [Fact]
    public void Meters_OfOthers_AreNotWritten()
    {
        using var other = new Meter("Library");
        other.CreateCounter<long>("library_counter").Add(1);
        Assert.DoesNotContain("library_counter", _exporter.Write(), StringComparison.Ordinal);
    }

    [Fact]
    public void Instruments_OfOneName_AreSummedAndGoWithTheirMeter()
    {
        var second = new Meter("Postern.Test");
        _meter.CreateUpDownCounter<long>("test_e").Add(1);
        second.CreateUpDownCounter<long>("test_e").Add(2);
        Assert.Contains("\ntest_e 3\n", _exporter.Write(), StringComparison.Ordinal);
        second.Dispose();
        Assert.Contains("\ntest_e 1\n", _exporter.Write(), StringComparison.Ordinal);
    }

    [Fact]
    public void Tags_OfTooManyValues_AreNotKept()
    {
        var counter = _meter.CreateCounter<long>("test_f");
        for (var i = 0; i < 10_000; i++)
        {
            counter.Add(1, new KeyValuePair<string, object?>("name", i));
        }

        Assert.Equal(200, _exporter.Write().Split("\ntest_f_total{").Length - 1);
    }

    /// <summary>Without the meters that other tests of the process may have.</summary>
    private string Ours() => string.Concat(_exporter.Write().Split('\n').Where(l => l.Contains("test_", StringComparison.Ordinal)).Select(l => l + "\n"));
}

using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Postern.Server.Metrics;

/// <summary>
/// Keeps the sums of this product's meters and writes them in the text format of Prometheus
/// (https://prometheus.io/docs/instrumenting/exposition_formats/, version 0.0.4). It must be there before what it is to count.
/// Safe to use from any thread.
/// </summary>
internal sealed class PrometheusExporter : IDisposable
{
    /// <summary>What <see cref="Write"/> gives.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>What the names of our meters begin with; others belong to libraries, and are not ours to explain.</summary>
    private const string MeterPrefix = "Postern.";

    /// <summary>
    /// Most sets of tags of one instrument, so that a tag that somebody outside chooses could not fill the memory; ours come
    /// from enumerations of a dozen.
    /// </summary>
    private const int MaximumSeries = 200;

    private readonly Lock _gate = new();
    private readonly Dictionary<Instrument, Dictionary<string, long>> _series = [];
    private readonly MeterListener _listener = new();

    /// <summary>Begins to count.</summary>
    public PrometheusExporter()
    {
        _listener.InstrumentPublished = OnPublished;
        _listener.MeasurementsCompleted = OnCompleted;
        _listener.SetMeasurementEventCallback<long>(OnMeasured);
        _listener.Start();
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    /// <summary>All values as they are now.</summary>
    public string Write()
    {
        _listener.RecordObservableInstruments();
        var text = new StringBuilder();
        lock (_gate)
        {
            foreach (var instruments in _series.GroupBy(s => NameOf(s.Key), StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal))
            {
                var first = instruments.First().Key;
                text.Append(CultureInfo.InvariantCulture, $"# HELP {instruments.Key} {Escape(first.Description ?? "")}\n");
                text.Append(CultureInfo.InvariantCulture, $"# TYPE {instruments.Key} {(IsCounter(first) ? "counter" : "gauge")}\n");
                foreach (var (tags, value) in Sum(instruments.Select(i => i.Value)))
                {
                    text.Append(CultureInfo.InvariantCulture, $"{instruments.Key}{tags} {value}\n");
                }
            }
        }

        return text.ToString();
    }

    // Two gateways in one process have an instrument of one name each.
    private static IEnumerable<KeyValuePair<string, long>> Sum(IEnumerable<Dictionary<string, long>> instruments) => instruments
        .SelectMany(series => series)
        .GroupBy(s => s.Key, StringComparer.Ordinal)
        .Select(g => KeyValuePair.Create(g.Key, g.Sum(s => s.Value)))
        .OrderBy(s => s.Key, StringComparer.Ordinal);

    private static bool IsCounter(Instrument instrument) => instrument is Counter<long> or ObservableCounter<long>;

    private static string NameOf(Instrument instrument) => IsCounter(instrument) ? instrument.Name + "_total" : instrument.Name;

    private static string TagsOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty)
        {
            return "";
        }

        var text = new StringBuilder("{");
        foreach (var (name, value) in tags)
        {
            var escaped = Escape(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "").Replace("\"", "\\\"", StringComparison.Ordinal);
            text.Append(text.Length > 1 ? "," : "").Append(name).Append("=\"").Append(escaped).Append('"');
        }

        return text.Append('}').ToString();
    }

    private static string Escape(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private void OnPublished(Instrument instrument, MeterListener listener)
    {
        if (!instrument.Meter.Name.StartsWith(MeterPrefix, StringComparison.Ordinal))
        {
            return;
        }

        lock (_gate)
        {
            _series.Add(instrument, instrument.IsObservable || IsTagged(instrument) ? [] : new() { [""] = 0 });
        }

        listener.EnableMeasurementEvents(instrument);
    }

    private void OnCompleted(Instrument instrument, object? state)
    {
        lock (_gate)
        {
            _series.Remove(instrument);
        }
    }

    private void OnMeasured(Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        var key = TagsOf(tags);
        lock (_gate)
        {
            if (!_series.TryGetValue(instrument, out var series) || (series.Count >= MaximumSeries && !series.ContainsKey(key)))
            {
                return;
            }

            series[key] = instrument.IsObservable ? value : series.GetValueOrDefault(key) + value;
        }
    }

    // An instrument without tags is 0 before its first measurement; which values the tags of others take is not known here.
    private static bool IsTagged(Instrument instrument) => instrument is Counter<long>;
}

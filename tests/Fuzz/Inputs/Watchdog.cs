namespace Fuzz.Inputs;

/// <summary>
/// Notices an input that does not come to an end. No decoder takes a millisecond; ten seconds of the wall clock are a
/// hang on any machine.
/// </summary>
internal sealed class Watchdog : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Timer _timer;
    private readonly Action<Fault> _onHang;
    private Fault? _current;
    private Fault? _seen;

    public Watchdog(Action<Fault> onHang)
    {
        _onHang = onHang;
        _timer = new Timer(_ => Look(), null, Patience, Patience);
    }

    public void Begin(Fault input) => Volatile.Write(ref _current, input);

    public void End() => Volatile.Write(ref _current, null);

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        var current = Volatile.Read(ref _current);
        if (current is not null && current == _seen)
        {
            _onHang(current with { Reason = $"no end after {Patience.TotalSeconds} seconds" });
        }

        _seen = current;
    }
}

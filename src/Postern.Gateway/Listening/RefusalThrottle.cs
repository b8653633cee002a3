namespace Postern.Gateway.Listening;

/// <summary>
/// Says which refusals are worth a line in the log, so that an attack is seen but does not fill the disk: one line for
/// each limit and source a minute, and no more than <see cref="LinesPerWindow"/> for each limit. The metrics count
/// all of them. Safe to use from any thread.
/// </summary>
internal sealed class RefusalThrottle(TimeProvider time)
{
    /// <summary>Most lines of one limit in a window; a few KB a minute.</summary>
    public const int LinesPerWindow = 20;

    /// <summary>How long a source stays silent after a line.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private static readonly int Limits = Enum.GetValues<AdmissionLimit>().Length;

    private readonly Lock _gate = new();
    private readonly HashSet<(AdmissionLimit, ClientSource)> _logged = [];
    private readonly int[] _lines = new int[Limits];
    private readonly long[] _silent = new long[Limits];
    private DateTimeOffset _windowEnd;

    /// <summary>Whether to log this refusal, and how many of the same limit were not logged since the last that was.</summary>
    public bool IsWorthALine(AdmissionLimit limit, ClientSource source, out long silent)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            if (now >= _windowEnd)
            {
                _windowEnd = now + Window;
                _logged.Clear();
                Array.Clear(_lines);
            }

            silent = _silent[(int)limit];
            if (_lines[(int)limit] >= LinesPerWindow || !_logged.Add((limit, source)))
            {
                _silent[(int)limit]++;
                return false;
            }

            _lines[(int)limit]++;
            _silent[(int)limit] = 0;
            return true;
        }
    }
}

using System.Diagnostics.Metrics;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Postern.Ssh.Transport;

/// <summary>Which of its limits a connection has reached: each time is counted, and the first is said in the log. Any thread.</summary>
/// <param name="connectionId">For the log.</param>
/// <param name="logger">The log.</param>
/// <param name="counter">Counts by limit, if anybody wants to know.</param>
internal sealed class ReachedLimits(string connectionId, ILogger logger, Counter<long>? counter)
{
    private int _logged;

    /// <summary>Costly computing has to wait for its turn.</summary>
    public void NoteComputing() => Note(EngineLimit.Computing);

    /// <summary>A limit was reached.</summary>
    public void Note(EngineLimit limit)
    {
        var name = JsonNamingPolicy.SnakeCaseLower.ConvertName(limit.ToString());
        counter?.Add(1, new KeyValuePair<string, object?>("limit", name));
        var bit = 1 << (int)limit;
        if ((Interlocked.Or(ref _logged, bit) & bit) == 0)
        {
            logger.LimitReached(connectionId, name);
        }
    }
}

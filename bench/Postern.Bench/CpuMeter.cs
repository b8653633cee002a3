using System.Globalization;

namespace Postern.Bench;

/// <summary>CPU time of a server as the kernel counts it (proc(5), stat).</summary>
internal static class CpuMeter
{
    private const double TicksPerSecond = 100;

    /// <summary>
    /// User and system seconds of a process; with <paramref name="withDescendants"/> also those of its descendants,
    /// living and ended, which is how sshd's session processes are counted.
    /// </summary>
    public static double Seconds(int processId, bool withDescendants)
    {
        var total = 0.0;
        var waiting = new Queue<int>([processId]);
        var children = withDescendants ? ReadChildren() : [];
        while (waiting.TryDequeue(out var id))
        {
            if (ReadStat(id) is not { } fields)
            {
                continue;
            }

            // Fields 14 and 15 are our own time, 16 and 17 that of children we have waited for.
            total += Ticks(fields, 14) + Ticks(fields, 15);
            if (withDescendants)
            {
                total += Ticks(fields, 16) + Ticks(fields, 17);
            }

            foreach (var child in children.GetValueOrDefault(id, []))
            {
                waiting.Enqueue(child);
            }
        }

        return total / TicksPerSecond;
    }

    /// <summary>Resident memory in KiB.</summary>
    public static long ResidentKib(int processId)
    {
        var line = File.ReadLines($"/proc/{processId}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    private static Dictionary<int, List<int>> ReadChildren()
    {
        var children = new Dictionary<int, List<int>>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) && ReadStat(id) is { } fields)
            {
                var parent = (int)Ticks(fields, 4);
                children.TryAdd(parent, []);
                children[parent].Add(id);
            }
        }

        return children;
    }

    // The second field is the name in parentheses and may hold blanks, so counting starts behind it.
    private static string[]? ReadStat(int processId)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{processId}/stat");
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static double Ticks(string[] fields, int number) => double.Parse(fields[number - 3], CultureInfo.InvariantCulture);
}

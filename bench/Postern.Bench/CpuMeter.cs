using System.Globalization;

namespace Postern.Bench;

/// <summary>CPU time of a server as the kernel counts it (proc(5), stat).</summary>
internal static class CpuMeter
{
    private const double TicksPerSecond = 100;

    // Of user, nice, system, idle, iowait, irq, softirq, steal those that are work.
    private static readonly int[] WorkFields = [1, 2, 3, 6, 7, 8];

    /// <summary>
    /// User and system seconds of a process; with <paramref name="withDescendants"/> also those of its descendants,
    /// living and ended, which is how sshd's session processes are counted.
    /// </summary>
    public static double Seconds(int processId, bool withDescendants)
    {
        var total = 0.0;
        foreach (var id in withDescendants ? Tree(processId) : [processId])
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
        }

        return total / TicksPerSecond;
    }

    /// <summary>
    /// User and system seconds of those living processes, of this one and its descendants, that run the program: what a
    /// server uses itself, without the commands that it runs, as long as none of its processes ends in between.
    /// </summary>
    public static double Seconds(int processId, string program) => Tree(processId)
        .Select(ReadStat)
        .Where(fields => fields is not null && fields[0] == program)
        .Sum(fields => Ticks(fields!, 14) + Ticks(fields!, 15)) / TicksPerSecond;

    /// <summary>Seconds that all processors together were at work since the machine was started.</summary>
    public static double MachineSeconds()
    {
        var fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return WorkFields.Sum(i => double.Parse(fields[i], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }

    /// <summary>Memory of a process and its descendants in KiB, pages that several share counted in parts (PSS).</summary>
    public static long ProportionalKib(int processId) => Tree(processId).Sum(id => ReadKib($"/proc/{id}/smaps_rollup", "Pss:"));

    /// <summary>Resident memory in KiB.</summary>
    public static long ResidentKib(int processId) => ReadKib($"/proc/{processId}/status", "VmRSS:");

    private static long ReadKib(string file, string name)
    {
        var line = File.ReadLines(file).First(l => l.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    private static List<int> Tree(int processId)
    {
        var tree = new List<int> { processId };
        var children = ReadChildren();
        for (var i = 0; i < tree.Count; i++)
        {
            tree.AddRange(children.GetValueOrDefault(tree[i], []));
        }

        return tree;
    }

    private static Dictionary<int, List<int>> ReadChildren()
    {
        var children = new Dictionary<int, List<int>>();
        foreach (var folder in System.IO.Directory.EnumerateDirectories("/proc"))
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

    // From the second field on, which is the name in parentheses and may hold blanks; it comes without them.
    private static string[]? ReadStat(int processId)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{processId}/stat");
            var (begin, end) = (text.IndexOf('('), text.LastIndexOf(')'));
            return [text[(begin + 1)..end], .. text[(end + 2)..].Split(' ')];
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static double Ticks(string[] fields, int number) => double.Parse(fields[number - 2], CultureInfo.InvariantCulture);
}

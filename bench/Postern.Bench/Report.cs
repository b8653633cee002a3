using System.Globalization;
using System.Text;

namespace Postern.Bench;

/// <summary>The table of a run, printed line by line and kept in a file at the end.</summary>
internal sealed class Report
{
    private readonly StringBuilder _text = new();

    /// <summary>The head of the table.</summary>
    public void BeginTable() => Say(
        "| Measure | sshd | Postern | limit | Postern / sshd | Postern / limit |\n|---|---:|---:|---:|---:|---:|");

    /// <summary>A row of medians with their ratios.</summary>
    public void Row(string name, IEnumerable<double> theirs, IEnumerable<double> ours, IEnumerable<double>? limits = null)
    {
        var (a, b) = (Median(theirs), Median(ours));
        var limit = limits is null ? 0 : Median(limits);
        Say($"| {name} | {Show(a)} | {Show(b)} | {(limits is null ? "" : Show(limit))} | {Ratio(b, a)} | {Ratio(b, limit)} |");
    }

    /// <summary>A row of one figure of ours that nothing stands beside.</summary>
    public void OwnRow(string name, string figure) => Say($"| {name} | | {figure} | | | |");

    /// <summary>Any line.</summary>
    public void Say(string line)
    {
        Console.WriteLine(line);
        _text.AppendLine(line);
    }

    /// <summary>Keeps all of it.</summary>
    public async Task SaveAsync(string file)
    {
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        await File.WriteAllTextAsync(file, _text.ToString());
    }

    private static double Median(IEnumerable<double> figures)
    {
        var sorted = figures.Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    private static string Ratio(double figure, double other) =>
        other > 0 ? (figure / other).ToString("0.00", CultureInfo.InvariantCulture) : "";

    private static string Show(double figure) =>
        figure.ToString(figure >= 100 ? "0" : figure >= 10 ? "0.0" : "0.00", CultureInfo.InvariantCulture);
}

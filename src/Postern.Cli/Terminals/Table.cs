using System.Text;
using System.Text.RegularExpressions;
using Postern.Cli.Hosting;

namespace Postern.Cli.Terminals;

/// <summary>Rows under named columns, written for a person or for a machine.</summary>
internal sealed partial class Table(IReadOnlyList<string> columns, IReadOnlyList<string> defaultColumns)
{
    private readonly List<IReadOnlyDictionary<string, string>> _rows = [];

    public void Add(params (string Column, string? Value)[] cells) =>
        _rows.Add(cells.ToDictionary(c => c.Column, c => c.Value ?? "", StringComparer.Ordinal));

    public string Render(TableFormat format, IReadOnlyList<string> requestedColumns, bool hasHeader, int width)
    {
        var shown = Select(requestedColumns);
        var header = shown.Select(Title).ToList();
        var rows = _rows.Select(r => shown.Select(c => r.GetValueOrDefault(c, "")).ToList()).ToList();
        return format switch
        {
            TableFormat.Csv => Delimited(shown, rows, hasHeader, ',', quote: true),
            TableFormat.Tsv => Delimited(shown, rows, hasHeader, '\t', quote: true),
            TableFormat.Plain => Delimited(shown, rows, hasHeader, '\t', quote: false),
            _ => Bordered(header, rows, hasHeader, width),
        };
    }

    /// <summary>The columns asked for: names, <c>+</c> for the default ones, <c>*</c> and <c>%</c> as wildcards.</summary>
    private List<string> Select(IReadOnlyList<string> requested)
    {
        if (requested.Count == 0)
        {
            return [.. defaultColumns];
        }

        var selected = new List<string>();
        foreach (var request in requested.Select(r => r.ToLowerInvariant()))
        {
            var rest = request;
            if (rest.StartsWith('+'))
            {
                selected.AddRange(defaultColumns.Except(selected, StringComparer.Ordinal));
                rest = rest[1..];
                if (rest.Length == 0)
                {
                    continue;
                }
            }

            var pattern = new Regex(
                "^" + Regex.Escape(rest).Replace("%", ".*", StringComparison.Ordinal).Replace("\\*", ".*", StringComparison.Ordinal) + "$",
                RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture);
            var matches = columns.Where(c => pattern.IsMatch(c)).ToList();
            if (matches.Count == 0)
            {
                throw CliException.Argument($"Column not found: {rest} (available columns: {string.Join(", ", columns)})");
            }

            selected.AddRange(matches.Except(selected, StringComparer.Ordinal));
        }

        return selected;
    }

    private static string Title(string column) => column.Length <= 3 && column is "id" or "url"
        ? column.ToUpperInvariant()
        : char.ToUpperInvariant(column[0]) + column[1..].Replace('_', ' ');

    private static string Delimited(List<string> header, List<List<string>> rows, bool hasHeader, char delimiter, bool quote)
    {
        var text = new StringBuilder();
        foreach (var row in hasHeader ? rows.Prepend(header.Select(Title).ToList()) : rows)
        {
            text.AppendJoin(delimiter, row.Select(cell => quote ? Quote(cell, delimiter) : LineBreaks().Replace(cell, " "))).Append('\n');
        }

        return text.ToString();
    }

    private static string Quote(string cell, char delimiter) =>
        cell.Contains('"') || cell.Contains('\n') || cell.Contains(delimiter) ? $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : cell;

    private static string Bordered(List<string> header, List<List<string>> rows, bool hasHeader, int width)
    {
        var clean = rows.Select(r => r.Select(c => SafeText.Clean(c, keepLines: false)).ToList()).ToList();
        var widths = header.Select((h, i) => Math.Max(hasHeader ? h.Length : 1, clean.Count == 0 ? 0 : clean.Max(r => r[i].Length))).ToArray();
        Shrink(widths, width);
        var border = "+" + string.Concat(widths.Select(w => new string('-', w + 2) + "+")) + "\n";
        var text = new StringBuilder(border);
        if (hasHeader)
        {
            AppendRow(text, header, widths);
            text.Append(border);
        }

        foreach (var row in clean)
        {
            AppendRow(text, row, widths);
        }

        return text.Append(border).ToString();
    }

    /// <summary>Narrows the widest columns until the table fits; a column keeps at least ten characters.</summary>
    private static void Shrink(int[] widths, int available)
    {
        const int MinColumn = 10;
        while (widths.Sum() + (3 * widths.Length) + 1 > available)
        {
            var widest = Array.IndexOf(widths, widths.Max());
            if (widths[widest] <= MinColumn)
            {
                return;
            }

            widths[widest]--;
        }
    }

    private static void AppendRow(StringBuilder text, List<string> cells, int[] widths)
    {
        var wrapped = cells.Select((c, i) => Wrap(c, widths[i])).ToList();
        for (var line = 0; line < wrapped.Max(w => w.Count); line++)
        {
            text.Append('|');
            for (var i = 0; i < widths.Length; i++)
            {
                text.Append(' ').Append((line < wrapped[i].Count ? wrapped[i][line] : "").PadRight(widths[i])).Append(" |");
            }

            text.Append('\n');
        }
    }

    private static List<string> Wrap(string cell, int width)
    {
        var lines = new List<string>();
        var rest = cell;
        while (rest.Length > width)
        {
            var space = rest.LastIndexOf(' ', width);
            var cut = space > 0 ? space : width;
            lines.Add(rest[..cut]);
            rest = rest[cut..].TrimStart(' ');
        }

        lines.Add(rest);
        return lines;
    }

    [GeneratedRegex(@"[\r\n\t]+", RegexOptions.NonBacktracking)]
    private static partial Regex LineBreaks();
}

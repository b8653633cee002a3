using System.CommandLine;
using Postern.Cli.Hosting;
using Postern.Cli.Terminals;

namespace Postern.Cli.CommandLine;

/// <summary>Options of commands that print a table.</summary>
internal sealed class TableOptions
{
    private readonly Option<string> _format = new("--format") { Description = "The output format: table, csv, tsv or plain", DefaultValueFactory = _ => "table" };
    private readonly Option<string[]> _columns = new("--columns", "-c") { Description = "Columns to display; + adds to the default ones, * is a wildcard" };
    private readonly Option<bool> _noHeader = new("--no-header") { Description = "Do not output the table header" };

    public void AddTo(Command command)
    {
        command.Options.Add(_format);
        command.Options.Add(_columns);
        command.Options.Add(_noHeader);
    }

    public bool IsForMachine(Invocation invocation) => Format(invocation) != TableFormat.Table;

    public void Print(Invocation invocation, Table table) => invocation.Terminal.Write(
        table.Render(Format(invocation), invocation.Values(_columns), !invocation.Value(_noHeader), invocation.Terminal.Width));

    private TableFormat Format(Invocation invocation) => invocation.Value(_format) switch
    {
        "table" => TableFormat.Table,
        "csv" => TableFormat.Csv,
        "tsv" => TableFormat.Tsv,
        "plain" => TableFormat.Plain,
        var other => throw CliException.Argument($"Invalid format: {other} (available formats: table, csv, tsv, plain)"),
    };
}

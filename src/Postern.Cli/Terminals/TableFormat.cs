namespace Postern.Cli.Terminals;

/// <summary>How a table is written; all but <see cref="Table"/> are for machines.</summary>
internal enum TableFormat
{
    Table,
    Csv,
    Tsv,
    Plain,
}

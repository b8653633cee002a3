namespace Postern.Cli.Selection;

/// <summary>How far down a command selects.</summary>
internal enum SelectionScope
{
    Project,
    Environment,
    App,
    Container,
}

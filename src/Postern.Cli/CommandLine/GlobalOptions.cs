using System.CommandLine;
using System.CommandLine.Help;
using Postern.Cli.Hosting;
using Postern.Cli.Terminals;

namespace Postern.Cli.CommandLine;

/// <summary>Options that every command takes.</summary>
internal sealed class GlobalOptions
{
    public Option<bool> Version { get; } = new("--version", "-V") { Description = "Display this application version", Recursive = true };

    public Option<bool> Verbose { get; } = new("--verbose", "-v")
    {
        Description = "Say more: -v, -vv (HTTP log), -vvv (debug)",
        Recursive = true,
        Arity = ArgumentArity.Zero,
    };

    public Option<bool> Quiet { get; } = new("--quiet", "-q") { Description = "Only print necessary output; implies --no-interaction", Recursive = true };

    public Option<bool> Yes { get; } = new("--yes", "-y") { Description = "Answer yes to confirmations; implies --no-interaction", Recursive = true };

    public Option<bool> NoInteraction { get; } = new("--no-interaction") { Description = "Do not ask questions; take default answers", Recursive = true };

    private Option<bool> No { get; } = new("--no", "-n") { Hidden = true, Recursive = true };

    private Option<bool> Ansi { get; } = new("--ansi") { Hidden = true, Recursive = true };

    private Option<bool> NoAnsi { get; } = new("--no-ansi") { Hidden = true, Recursive = true };

    public void AddTo(RootCommand root)
    {
        root.Options.Clear();
        root.Options.Add(new HelpOption("--help", "-h"));
        foreach (var option in new[] { Version, Verbose, Quiet, Yes, NoInteraction, No, Ansi, NoAnsi })
        {
            root.Options.Add(option);
        }
    }

    public TerminalSettings Settings(ParseResult parse, CliHost host, string environmentPrefix)
    {
        var verbosity = parse.GetResult(Verbose)?.IdentifierTokenCount ?? 0;
        var isQuiet = parse.GetValue(Quiet) && verbosity == 0;
        var isYes = parse.GetValue(Yes);
        var isNo = parse.GetValue(No);
        var isInteractive = !isQuiet && !isYes && !isNo && !parse.GetValue(NoInteraction)
            && host.Variable(environmentPrefix + "NO_INTERACTION") is null or "0"
            && (host.IsInputTerminal || host.Variable("SHELL_INTERACTIVE") is not null);
        return new TerminalSettings(isInteractive, isQuiet, isYes, isNo, verbosity);
    }

    public bool IsNo(ParseResult parse) => parse.GetValue(No);
}

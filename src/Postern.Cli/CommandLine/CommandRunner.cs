using System.CommandLine;
using Postern.Cli.Configuration;
using Postern.Cli.Hosting;
using Postern.Cli.Http;
using Postern.Cli.Terminals;

namespace Postern.Cli.CommandLine;

/// <summary>Parses the command line, runs the command, and turns every failure into a block of text and an exit code.</summary>
internal static class CommandRunner
{
    public static async Task<int> RunAsync(string[] args, CliHost host, CancellationToken cancellation = default)
    {
        var global = new GlobalOptions();
        var tree = new CommandTree(host, global);
        var parse = tree.Root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        var terminal = new Terminal(host, global.Settings(parse, host, "POSTERN_"));
        try
        {
            if (parse.GetValue(global.Version))
            {
                var (config, _, _) = ConfigurationLoader.Load(host);
                terminal.WriteLine($"{config.ApplicationName} {HttpSender.Version}");
                return ExitCode.Success;
            }

            if (parse.Errors.Count > 0)
            {
                throw CliException.Argument(string.Join('\n', parse.Errors.Select(e => e.Message)));
            }

            if (global.IsNo(parse))
            {
                terminal.Say("DEPRECATED: The option --no (-n) is deprecated. Use --no-interaction instead.");
            }

            var invocation = new InvocationConfiguration
            {
                Output = host.Output,
                Error = host.Error,
                EnableDefaultExceptionHandler = false,
                // ssh in the foreground owns the keyboard signals; the other commands end by them as usual.
                ProcessTerminationTimeout = null,
            };
            return await parse.InvokeAsync(invocation, cancellation);
        }
        catch (CliException exception)
        {
            Report(terminal, parse, exception);
            return exception.ExitCode;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            terminal.Fail("IOException", exception.Message);
            return ExitCode.Failure;
        }
        finally
        {
            await host.Output.FlushAsync(CancellationToken.None);
            await host.Error.FlushAsync(CancellationToken.None);
        }
    }

    /// <summary>Gives a command its action, with a login offered when one is needed.</summary>
    public static Command Does(this Command command, CommandTree tree, Func<Invocation, CancellationToken, Task<int>> run)
    {
        command.SetAction(async (parse, cancellation) =>
        {
            using var invocation = new Invocation(tree.Host, parse, tree.Global);
            try
            {
                return await run(invocation, cancellation);
            }
            catch (CliException exception) when (exception.ExitCode == ExitCode.LoginRequired && invocation.Login.CanOffer)
            {
                if (!await invocation.Login.OfferAsync(exception.Message.Split('\n')[0], exception.StepUp, cancellation))
                {
                    throw;
                }
            }

            using var again = new Invocation(tree.Host, parse, tree.Global);
            return await run(again, cancellation);
        });
        return command;
    }

    private static void Report(Terminal terminal, ParseResult parse, CliException exception)
    {
        terminal.Fail(exception.Kind, exception.Message);
        if (exception.IsArgumentError)
        {
            var command = parse.CommandResult.Command;
            terminal.Say($"Usage: {CommandTree.Synopsis(command)}");
            terminal.Say($"For more information, type: postern help {(command is RootCommand ? "" : command.Name)}".TrimEnd());
        }
    }
}

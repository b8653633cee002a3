using System.CommandLine;
using Postern.Cli.Certificates;
using Postern.Cli.Hosting;
using Postern.Cli.Http;
using Postern.Cli.Keys;
using Postern.Cli.Login;
using Postern.Cli.Projects;
using Postern.Cli.Ssh;
using Postern.Cli.Tunnels;

namespace Postern.Cli.CommandLine;

/// <summary>All commands.</summary>
internal sealed class CommandTree
{
    public CommandTree(CliHost host, GlobalOptions global)
    {
        Host = host;
        Global = global;
        Root = new RootCommand("Postern CLI: SSH access to your deployed environments");
        Root.Directives.Clear();
        global.AddTo(Root);
        var commands = new[]
        {
            LoginCommands.BrowserLogin(this),
            LoginCommands.ApiTokenLogin(this),
            AccountCommands.Info(this),
            AccountCommands.Token(this),
            AccountCommands.Logout(this),
            ProjectCommands.List(this),
            EnvironmentCommands.List(this),
            EnvironmentCommands.Relationships(this),
            AppCommands.List(this),
            SshCommand.Create(this),
            CertificateCommands.Load(this),
            CertificateCommands.Info(this),
            KeyCommands.Add(this),
            KeyCommands.List(this),
            KeyCommands.Delete(this),
            TunnelOpenCommand.Create(this),
            TunnelSingleCommand.Create(this),
            TunnelListCommands.List(this),
            TunnelListCommands.Info(this),
            TunnelListCommands.Close(this),
            TunnelServeCommand.Create(this),
        };
        foreach (var command in commands)
        {
            Root.Subcommands.Add(command);
        }

        Root.Subcommands.Add(List());
        Root.Subcommands.Add(Help());
        Root.SetAction(_ => Welcome());
    }

    public CliHost Host { get; }

    public GlobalOptions Global { get; }

    public RootCommand Root { get; }

    public static string Synopsis(Command command)
    {
        var options = command.Options.Where(o => !o.Hidden).Select(o => o.Arity.MaximumNumberOfValues == 0 || o.ValueType == typeof(bool)
            ? $"[{o.Name}]"
            : $"[{o.Name} {o.Name.TrimStart('-').ToUpperInvariant()}]");
        var arguments = command.Arguments.Select(a => $"[<{a.Name}>{(a.Arity.MaximumNumberOfValues > 1 ? "..." : "")}]");
        return string.Join(' ', new[] { "postern", command is RootCommand ? "<command>" : command.Name }.Concat(options).Concat(arguments));
    }

    private int Welcome()
    {
        Host.Output.Write($"Welcome to Postern CLI {HttpSender.Version}!\n\nTo log in, run: postern login --server URL\nTo view all commands, run: postern list\n");
        return ExitCode.Success;
    }

    private Command List()
    {
        var all = new Option<bool>("--all") { Description = "Show hidden commands too" };
        var command = new Command("list", "List the available commands");
        command.Options.Add(all);
        command.SetAction(parse =>
        {
            var shown = Root.Subcommands.Where(c => !c.Hidden || parse.GetValue(all)).OrderBy(c => c.Name, StringComparer.Ordinal).ToList();
            var width = shown.Max(c => Label(c).Length);
            Host.Output.Write("Available commands:\n");
            foreach (var listed in shown)
            {
                Host.Output.Write($"  {Label(listed).PadRight(width)}  {listed.Description}\n");
            }

            return ExitCode.Success;

            static string Label(Command c) => c.Aliases.Count == 0 ? c.Name : $"{c.Name} ({string.Join(", ", c.Aliases)})";
        });
        return command;
    }

    private Command Help()
    {
        var name = new Argument<string?>("command") { Arity = ArgumentArity.ZeroOrOne, Description = "The command to explain" };
        var command = new Command("help", "Display help for a command");
        command.Arguments.Add(name);
        command.SetAction((parse, cancellation) =>
        {
            var wanted = parse.GetValue(name);
            if (wanted is not null && !Root.Subcommands.Any(c => c.Name == wanted || c.Aliases.Contains(wanted)))
            {
                throw CliException.Argument($"Command not found: {wanted}\nTo view all commands, run: postern list");
            }

            return Root.Parse(wanted is null ? ["--help"] : [wanted, "--help"])
                .InvokeAsync(new InvocationConfiguration { Output = Host.Output, Error = Host.Error, ProcessTerminationTimeout = null }, cancellation);
        });
        return command;
    }
}

using System.CommandLine;
using Postern.Cli.CommandLine;
using Postern.Cli.Hosting;
using Postern.Cli.Selection;

namespace Postern.Cli.Ssh;

/// <summary><c>environment:ssh</c>: a shell or a command in an app.</summary>
internal static class SshCommand
{
    public static Command Create(CommandTree tree)
    {
        var words = new Argument<string[]>("cmd") { Arity = ArgumentArity.ZeroOrMore, Description = "A command to run; put -- before it when it has options" };
        var pipe = new Option<bool>("--pipe") { Description = "Output user@host only" };
        var all = new Option<bool>("--all") { Description = "Output all SSH URLs (for every app)" };
        var option = new Option<string[]>("--option", "-o") { Description = "Pass an extra option to SSH" };
        var identity = new Option<string?>("--identity-file", "-i") { Hidden = true };
        var command = new Command("environment:ssh", "SSH to the current environment") { words, pipe, all, option, identity };
        command.Aliases.Add("ssh");
        var selection = SelectionOptions.ForContainer(command);
        return command.Does(tree, async (invocation, cancellation) =>
        {
            if (invocation.Value(all))
            {
                var project = await invocation.Selector.SelectProjectAsync(selection, cancellation);
                var environment = await invocation.Selector.SelectEnvironmentAsync(selection, project, ContainerSelector.IsReachable, cancellation);
                foreach (var destination in ContainerSelector.AllDestinations(environment))
                {
                    invocation.Terminal.WriteLine(destination.ToString());
                }

                return ExitCode.Success;
            }

            var container = await new ContainerSelector(invocation, selection).SelectAsync(includeWorkers: true, cancellation);
            if (invocation.Value(pipe))
            {
                invocation.Terminal.Write(container.Destination.ToString());
                return ExitCode.Success;
            }

            await invocation.Ssh.PrepareAsync(cancellation);
            var options = invocation.Ssh.Options(container.Destination.Host, invocation.Value(identity), invocation.Value(option) ?? []);
            var arguments = SshRunner.Arguments(container.Destination, options, RemoteCommand.Join(invocation.Value(words) ?? []));
            if (invocation.Terminal.Verbosity > 0)
            {
                invocation.Terminal.Say("Running command: ssh " + string.Join(' ', arguments.Select(RemoteCommand.Quote)));
            }

            return await invocation.Ssh.RunAsync(container, arguments, options, cancellation);
        });
    }
}

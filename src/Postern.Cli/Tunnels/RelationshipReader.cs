using Postern.Cli.CommandLine;
using Postern.Cli.Hosting;
using Postern.Cli.Selection;

namespace Postern.Cli.Tunnels;

/// <summary>Reads the relationships from the container itself, or from a local PLATFORM_RELATIONSHIPS.</summary>
internal static class RelationshipReader
{
    private const string Begin = "_BEGIN_ENV_VAR_";
    private const string End = "_END_ENV_VAR_";

    public static async Task<RelationshipSet> ReadLocalOrRemoteAsync(Invocation invocation, SelectionOptions options, CancellationToken cancellation)
    {
        if (invocation.Selector.ServiceVariable("RELATIONSHIPS") is { } local && !Contradicts(invocation, options))
        {
            invocation.Terminal.SayVerbose($"Reading relationships from local environment variable {invocation.Config.ServiceEnvironmentPrefix}RELATIONSHIPS");
            return Decode(local);
        }

        var container = await new ContainerSelector(invocation, options).SelectAsync(includeWorkers: false, cancellation);
        await invocation.Ssh.PrepareAsync(cancellation);
        return await ReadAsync(invocation, container, cancellation);
    }

    public static async Task<RelationshipSet> ReadAsync(Invocation invocation, Container container, CancellationToken cancellation)
    {
        var output = await invocation.Ssh.CaptureAsync(
            container, $"echo -n '{Begin}'\"${invocation.Config.ServiceEnvironmentPrefix}RELATIONSHIPS\"'{End}'", cancellation);
        var start = output.IndexOf(Begin, StringComparison.Ordinal);
        var end = output.IndexOf(End, StringComparison.Ordinal);
        return start >= 0 && end > start
            ? Decode(output[(start + Begin.Length)..end])
            : throw CliException.Failure($"The app did not say what its relationships are.\nCheck that 'ssh {container.Destination} true' prints nothing.");
    }

    private static RelationshipSet Decode(string value)
    {
        try
        {
            return RelationshipSet.Decode(value);
        }
        catch (FormatException exception)
        {
            throw CliException.Failure($"The relationships could not be read: {exception.Message}", exception);
        }
    }

    private static bool Contradicts(Invocation invocation, SelectionOptions options)
    {
        var selector = invocation.Selector;
        return Differs(invocation.Value(options.Project), selector.ServiceVariable("PROJECT"))
            || Differs(invocation.Value(options.Environment) ?? (options.EnvironmentArgument is { } a ? invocation.Value(a) : null), selector.ServiceVariable("BRANCH"))
            || Differs(invocation.Value(options.App), selector.ServiceVariable("APPLICATION_NAME"));

        static bool Differs(string? option, string? variable) => option is not null && option != variable;
    }
}

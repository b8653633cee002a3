using System.CommandLine;

namespace Postern.Cli.Selection;

/// <summary>Options that say which project, environment and app a command is about.</summary>
internal sealed class SelectionOptions
{
    public Option<string?> Project { get; } = new("--project", "-p") { Description = "The project ID or URL" };

    public Option<string?> Environment { get; } = new("--environment", "-e") { Description = "The environment ID, or . for the default one" };

    public Option<string?> App { get; } = new("--app", "-A") { Description = "The app name" };

    public Option<string?> Worker { get; } = new("--worker") { Description = "The worker name" };

    public Option<string?> Instance { get; } = new("--instance", "-I") { Description = "The instance number" };

    /// <summary>The environment as a plain argument, in commands that take one.</summary>
    public Argument<string?>? EnvironmentArgument { get; set; }

    private Option<string?> Host { get; } = new("--host") { Hidden = true };

    private SelectionScope Scope { get; init; }

    public static SelectionOptions ForProject(Command command) => new SelectionOptions { Scope = SelectionScope.Project }.AddTo(command);

    public static SelectionOptions ForEnvironment(Command command) => new SelectionOptions { Scope = SelectionScope.Environment }.AddTo(command);

    public static SelectionOptions ForApp(Command command) => new SelectionOptions { Scope = SelectionScope.App }.AddTo(command);

    public static SelectionOptions ForContainer(Command command) => new SelectionOptions { Scope = SelectionScope.Container }.AddTo(command);

    private SelectionOptions AddTo(Command command)
    {
        command.Options.Add(Project);
        command.Options.Add(Host);
        if (Scope >= SelectionScope.Environment)
        {
            command.Options.Add(Environment);
        }

        if (Scope >= SelectionScope.App)
        {
            command.Options.Add(App);
        }

        if (Scope >= SelectionScope.Container)
        {
            command.Options.Add(Worker);
            command.Options.Add(Instance);
        }

        return this;
    }
}

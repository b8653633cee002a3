using Postern.Cli.Login;

namespace Postern.Cli.Hosting;

/// <summary>Ends the command with a message and an exit code.</summary>
/// <param name="kind">What the error block is headed with.</param>
/// <param name="message">What was wrong and what to do; may have several lines.</param>
/// <param name="exitCode">One of <see cref="ExitCode"/>.</param>
/// <param name="inner">The cause.</param>
internal sealed class CliException(string kind, string message, int exitCode, Exception? inner = null)
    : Exception(message, inner)
{
    public string Kind { get; } = kind;

    public int ExitCode { get; } = exitCode;

    /// <summary>The sign-in that would help, when the server said which.</summary>
    public StepUp? StepUp { get; private init; }

    /// <summary>A wrong argument; the command's usage follows the message.</summary>
    public bool IsArgumentError => Kind == "InvalidArgumentException";

    public static CliException Argument(string message) => new("InvalidArgumentException", message, Hosting.ExitCode.Failure);

    public static CliException Failure(string message, Exception? inner = null) => new("RuntimeException", message, Hosting.ExitCode.Failure, inner);

    public static CliException Configuration(string message) => new("InvalidConfigException", message, Hosting.ExitCode.InvalidConfiguration);

    public static CliException Connection(string message, Exception? inner = null) => new("ConnectionFailedException", message, Hosting.ExitCode.ConnectionFailed, inner);

    public static CliException LoginRequired(string message, StepUp? stepUp = null) =>
        new("LoginRequiredException", message, Hosting.ExitCode.LoginRequired) { StepUp = stepUp };

    public static CliException PermissionDenied(string message) => new("PermissionDeniedException", message, Hosting.ExitCode.PermissionDenied);

    public static CliException DependencyMissing(string message) => new("DependencyMissingException", message, Hosting.ExitCode.DependencyMissing);
}

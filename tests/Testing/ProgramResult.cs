namespace Postern.Testing;

/// <summary>How a program ended and what it said.</summary>
public sealed record ProgramResult(int ExitCode, string Output, string Error)
{
    /// <summary>Both streams, for messages of failed assertions.</summary>
    public override string ToString() => $"exit status {ExitCode}\n--- stdout\n{Output}\n--- stderr\n{Error}";
}

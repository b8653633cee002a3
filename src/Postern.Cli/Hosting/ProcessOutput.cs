namespace Postern.Cli.Hosting;

/// <summary>What a program left behind.</summary>
internal sealed record ProcessOutput(int ExitCode, string Output, string Error, bool TimedOut);

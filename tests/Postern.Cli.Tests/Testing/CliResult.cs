namespace Postern.Cli.Tests.Testing;

/// <summary>What one run of the command left.</summary>
internal sealed record CliResult(int ExitCode, string Output, string Error)
{
    public CliResult Succeeded()
    {
        Assert.True(ExitCode == 0, $"exit code {ExitCode}\n{Output}\n{Error}");
        return this;
    }
}

using System.Text;
using System.Text.RegularExpressions;

namespace Postern.Web.Tests;

/// <summary>The built command line at a terminal, whose person says yes to each question and has a browser.</summary>
internal sealed partial class PersonalCommandLine(PersonalHome home)
{
    /// <summary>Far above any command, with a browser in it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Runs a command and browses to each page that it names.</summary>
    public async Task<ProgramResult> RunAsync(Func<string, Task> browse, params string[] arguments)
    {
        var environment = new Dictionary<string, string>(home.Environment) { ["SHELL_INTERACTIVE"] = "1" };
        environment.Remove("POSTERN_NO_INTERACTION");
        using var process = Programs.Start(Path.Combine(Repository.Programs, "postern"), arguments, environment);
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await process.StandardInput.WriteAsync(string.Concat(Enumerable.Repeat("y\n", 10)));
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync(patience.Token);
            var said = new StringBuilder();
            while (await process.StandardError.ReadLineAsync(patience.Token) is { } line)
            {
                said.Append(line).Append('\n');
                if (PagePattern().Match(line) is { Success: true } page)
                {
                    await browse(page.Value.Trim());
                }
            }

            await process.WaitForExitAsync(patience.Token);
            return new ProgramResult(process.ExitCode, await output, said.ToString());
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    /// <summary>Whether an address is that of the page on which the command line waits for the browser.</summary>
    public static bool IsLoginPage(string url) => PagePattern().IsMatch(url.Split('?')[0].TrimEnd('/').Replace("/favicon.ico", "", StringComparison.Ordinal));

    [GeneratedRegex(@"^http://127\.0\.0\.1:50\d\d$|^  http://\S+/device\?user_code=\S+$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PagePattern();
}

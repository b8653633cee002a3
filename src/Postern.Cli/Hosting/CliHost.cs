using System.Collections;

namespace Postern.Cli.Hosting;

/// <summary>The world around one run of the command: everything a test replaces.</summary>
internal sealed class CliHost
{
    private const int DefaultWidth = 80;
    private const int DefaultHeight = 24;

    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    public required string CurrentDirectory { get; init; }

    public required TextReader Input { get; init; }

    public required TextWriter Output { get; init; }

    public required TextWriter Error { get; init; }

    public required bool IsInputTerminal { get; init; }

    public required bool IsOutputTerminal { get; init; }

    public Func<string?>? ReadHiddenLine { get; init; }

    public int Width { get; init; } = DefaultWidth;

    public int Height { get; init; } = DefaultHeight;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The path of the running command, for the ssh hook and the tunnel supervisor.</summary>
    public required string ExecutablePath { get; init; }

    /// <summary>Arguments that come before the command's own when it is started by another program, as <c>dotnet postern.dll</c>.</summary>
    public IReadOnlyList<string> ExecutableArguments { get; init; } = [];

    public string? Variable(string name) =>
        Environment.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    public static CliHost ForThisProcess()
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in System.Environment.GetEnvironmentVariables())
        {
            variables[(string)entry.Key] = (string?)entry.Value ?? "";
        }

        var arguments = System.Environment.GetCommandLineArgs();
        var executable = System.Environment.ProcessPath ?? arguments[0];
        var isHosted = string.Equals(Path.GetFileNameWithoutExtension(executable), "dotnet", StringComparison.Ordinal);
        return new CliHost
        {
            Environment = variables,
            CurrentDirectory = Directory.GetCurrentDirectory(),
            Input = Console.In,
            Output = Console.Out,
            Error = Console.Error,
            IsInputTerminal = !Console.IsInputRedirected,
            IsOutputTerminal = !Console.IsOutputRedirected,
            ReadHiddenLine = ReadHidden,
            Width = Number(variables, "COLUMNS") ?? (Console.IsOutputRedirected ? DefaultWidth : Math.Max(Console.WindowWidth, 1)),
            Height = Number(variables, "LINES") ?? (Console.IsOutputRedirected ? DefaultHeight : Math.Max(Console.WindowHeight, 1)),
            ExecutablePath = executable,
            ExecutableArguments = isHosted ? [arguments[0]] : [],
        };
    }

    private static int? Number(Dictionary<string, string> variables, string name) =>
        variables.TryGetValue(name, out var text) && int.TryParse(text, out var value) && value > 0 ? value : null;

    private static string? ReadHidden()
    {
        if (Console.IsInputRedirected)
        {
            return Console.In.ReadLine();
        }

        var text = new System.Text.StringBuilder();
        while (true)
        {
            var key = Console.ReadKey(intercept: true);
            switch (key.Key)
            {
                case ConsoleKey.Enter:
                    Console.Error.WriteLine();
                    return text.ToString();
                case ConsoleKey.Backspace when text.Length > 0:
                    text.Length--;
                    break;
                default:
                    if (!char.IsControl(key.KeyChar))
                    {
                        text.Append(key.KeyChar);
                    }

                    break;
            }
        }
    }
}

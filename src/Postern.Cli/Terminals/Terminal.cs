using Postern.Cli.Hosting;

namespace Postern.Cli.Terminals;

/// <summary>Where words go: data to standard output, everything said to a person to standard error.</summary>
internal sealed class Terminal(CliHost host, TerminalSettings settings)
{
    public bool IsInteractive => settings.IsInteractive;

    public bool IsQuiet => settings.IsQuiet;

    public int Verbosity => settings.Verbosity;

    public int Width => host.Width;

    public int Height => host.Height;

    public bool IsOutputTerminal => host.IsOutputTerminal;

    /// <summary>Data, exactly as given.</summary>
    public void Write(string text) => host.Output.Write(text);

    /// <summary>One line of data.</summary>
    public void WriteLine(string text) => host.Output.Write(text + "\n");

    /// <summary>Something said to the person; silent with --quiet.</summary>
    public void Say(string message = "")
    {
        if (!settings.IsQuiet)
        {
            host.Error.Write(SafeText.Clean(message) + "\n");
        }
    }

    /// <summary>Something said only with -v.</summary>
    public void SayVerbose(string message)
    {
        if (settings.Verbosity > 0)
        {
            host.Error.Write(SafeText.Clean(message) + "\n");
        }
    }

    /// <summary>A yes-or-no question; echoed with its answer when it is answered automatically.</summary>
    public bool Confirm(string question, bool defaultAnswer = true)
    {
        var prompt = $"{question} [{(defaultAnswer ? "Y/n" : "y/N")}] ";
        if (settings.AnswerYes || settings.AnswerNo || !settings.IsInteractive)
        {
            var answer = !settings.AnswerNo && (settings.AnswerYes || defaultAnswer);
            Say(prompt + (answer ? "y" : "n"));
            return answer;
        }

        while (true)
        {
            host.Error.Write(SafeText.Clean(prompt));
            switch (host.Input.ReadLine()?.Trim().ToLowerInvariant())
            {
                case null:
                    host.Error.Write("\n");
                    return false;
                case "":
                    return defaultAnswer;
                case "y" or "yes":
                    return true;
                case "n" or "no":
                    return false;
                default:
                    host.Error.Write("Please answer y or n.\n");
                    break;
            }
        }
    }

    /// <summary>A free answer; null at the end of input or without a person.</summary>
    public string? Ask(string question, string? defaultAnswer = null)
    {
        if (!settings.IsInteractive)
        {
            return defaultAnswer;
        }

        host.Error.Write(SafeText.Clean(question) + (defaultAnswer is null ? "" : $"\nDefault: {SafeText.Clean(defaultAnswer)}") + "\n> ");
        var answer = host.Input.ReadLine()?.Trim();
        return string.IsNullOrEmpty(answer) ? defaultAnswer : answer;
    }

    /// <summary>A secret answer, not shown while it is typed.</summary>
    public string? AskHidden(string question)
    {
        host.Error.Write(SafeText.Clean(question) + "\n> ");
        return (host.ReadHiddenLine ?? host.Input.ReadLine)()?.Trim();
    }

    /// <summary>A choice from a numbered list.</summary>
    /// <returns>The index; null at the end of input.</returns>
    public int? Choose(string title, IReadOnlyList<string> labels, int? defaultIndex = null)
    {
        host.Error.Write(SafeText.Clean(title) + (defaultIndex is { } d ? $"\nDefault: {SafeText.Clean(labels[d])}" : "") + "\n");
        for (var i = 0; i < labels.Count; i++)
        {
            host.Error.Write($"  [{i}] {SafeText.Clean(labels[i], keepLines: false)}\n");
        }

        while (true)
        {
            host.Error.Write("> ");
            var answer = host.Input.ReadLine()?.Trim();
            if (answer is null)
            {
                host.Error.Write("\n");
                return null;
            }

            if (answer.Length == 0 && defaultIndex is not null)
            {
                return defaultIndex;
            }

            if (int.TryParse(answer, out var index) && index >= 0 && index < labels.Count)
            {
                return index;
            }

            host.Error.Write($"Please enter a number from 0 to {labels.Count - 1}.\n");
        }
    }

    /// <summary>An error block; written even with --quiet's silence lifted by -v.</summary>
    public void Fail(string kind, string message)
    {
        if (settings.IsQuiet)
        {
            return;
        }

        var lines = string.Join('\n', SafeText.Clean(message).Split('\n').Select(l => "  " + l));
        host.Error.Write($"\n  [{kind}]  \n{lines}\n\n");
    }
}

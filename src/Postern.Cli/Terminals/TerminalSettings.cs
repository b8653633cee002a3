namespace Postern.Cli.Terminals;

/// <summary>How much is said and whether questions are asked.</summary>
internal sealed record TerminalSettings(bool IsInteractive, bool IsQuiet = false, bool AnswerYes = false, bool AnswerNo = false, int Verbosity = 0);

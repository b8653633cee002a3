namespace Postern.Server.Doctor;

/// <summary>One thing that was looked at.</summary>
/// <param name="Level">How good it is.</param>
/// <param name="Subject">What it is about, in a word or two.</param>
/// <param name="Text">What was found, in a sentence.</param>
/// <param name="Fix">What to do about it; null where nothing needs to be done.</param>
internal sealed record Finding(FindingLevel Level, string Subject, string Text, string? Fix = null)
{
    /// <summary>The finding as it is printed: one line, and one more for the fix.</summary>
    public override string ToString()
    {
        var line = $"{Level.ToString().ToLowerInvariant(),-4}  {Subject}: {Text}";
        return Fix is null ? line : $"{line}\n      fix: {Fix}";
    }
}

namespace Postern.Directory.Apply;

/// <summary>One line of the report.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Subject">The thing, such as <c>environment abcdefghijklm/main</c>.</param>
public sealed record ApplyChange(ApplyOutcome Outcome, string Subject)
{
    /// <inheritdoc />
    public override string ToString() => $"{Outcome.ToString().ToLowerInvariant()} {Subject}";
}

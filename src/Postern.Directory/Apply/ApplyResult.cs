namespace Postern.Directory.Apply;

/// <summary>What <see cref="Applier"/> found or did.</summary>
/// <param name="Faults">Everything that is wrong, in the order of the document; when there is anything, nothing was changed.</param>
/// <param name="Changes">Everything that was declared, with what became of it; empty when there were faults.</param>
public sealed record ApplyResult(IReadOnlyList<ApplyFault> Faults, IReadOnlyList<ApplyChange> Changes)
{
    /// <summary>True when the document was applied.</summary>
    public bool IsApplied => Faults.Count == 0;
}

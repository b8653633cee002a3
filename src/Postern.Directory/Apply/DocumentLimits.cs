namespace Postern.Directory.Apply;

/// <summary>Bounds of a document, so that a hostile or broken one costs little.</summary>
internal static class DocumentLimits
{
    /// <summary>Characters: some thousand environments, and far less than would hurt to hold in memory.</summary>
    public const int Characters = 1024 * 1024;

    /// <summary>Levels of nesting: the form itself needs ten.</summary>
    public const int Depth = 20;

    /// <summary>Faults that are listed; a person mends these and runs it again.</summary>
    public const int Faults = 200;
}

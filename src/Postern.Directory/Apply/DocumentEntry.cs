namespace Postern.Directory.Apply;

/// <summary>A named or numbered value of a document and where it stands.</summary>
internal readonly record struct DocumentEntry(string Name, DocumentNode Node, string Path, int Line);

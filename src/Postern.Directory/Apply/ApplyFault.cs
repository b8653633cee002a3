namespace Postern.Directory.Apply;

/// <summary>One thing that is wrong with a document.</summary>
/// <param name="Path">Where in the document, such as <c>projects[0].environments.main.apps.app.relationships.database</c>.</param>
/// <param name="Line">Line of the text, from 1.</param>
/// <param name="Message">What is wrong and what would be right.</param>
public sealed record ApplyFault(string Path, int Line, string Message)
{
    /// <inheritdoc />
    public override string ToString() => Path.Length == 0 ? $"line {Line}: {Message}" : $"line {Line}: {Path}: {Message}";
}

namespace Postern.Directory.Apply;

/// <summary>A part of a YAML document with the line it stands on.</summary>
internal abstract record DocumentNode(int Line);

/// <summary>A scalar; only one without quotes can mean null, true or a number.</summary>
internal sealed record ScalarNode(string Value, bool IsPlain, int Line) : DocumentNode(Line)
{
    public bool IsNull => IsPlain && Value is ("" or "~" or "null");
}

/// <summary>A list.</summary>
internal sealed record ListNode(IReadOnlyList<DocumentNode> Items, int Line) : DocumentNode(Line);

/// <summary>A mapping; keys are texts and each occurs once.</summary>
internal sealed record MappingNode(IReadOnlyList<KeyValuePair<ScalarNode, DocumentNode>> Entries, int Line) : DocumentNode(Line);

using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Postern.Directory.Apply;

/// <summary>
/// Turns YAML text into nodes. Aliases, anchors and tags are refused (a small text could stand for a huge document), as
/// are repeated keys and deep nesting.
/// </summary>
internal sealed class DocumentTree
{
    private readonly ApplyFaults _faults;
    private readonly Parser _parser;

    private DocumentTree(string text, ApplyFaults faults)
    {
        _faults = faults;
        _parser = new Parser(new StringReader(text));
    }

    /// <summary>The root node, or null with faults when the text is no document of ours.</summary>
    public static DocumentNode? Read(string text, ApplyFaults faults)
    {
        if (text.Length > DocumentLimits.Characters)
        {
            faults.Add("", 1, $"the document has {text.Length} characters; at most {DocumentLimits.Characters} are read.");
            return null;
        }

        var tree = new DocumentTree(text, faults);
        try
        {
            return tree.ReadDocument();
        }
        catch (YamlException exception)
        {
            faults.Add("", LineOf(exception.Start), $"this is not YAML: {exception.Message}");
            return null;
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException)
        {
            // The parser's own checks, which some malformed scalars and tags reach before its grammar does.
            faults.Add("", tree._parser.Current is { } last ? LineOf(last.End) : 1, "this is not YAML: what follows here cannot be read.");
            return null;
        }
    }

    private DocumentNode? ReadDocument()
    {
        _parser.Consume<StreamStart>();
        if (_parser.Accept<StreamEnd>(out _))
        {
            _faults.Add("", 1, "the document is empty; declare 'organizations' or 'projects'.");
            return null;
        }

        _parser.Consume<DocumentStart>();
        var root = ReadNode("", 0);
        if (root is null)
        {
            return null;
        }

        _parser.Consume<DocumentEnd>();
        if (!_parser.Accept<StreamEnd>(out _))
        {
            _faults.Add("", LineOf(_parser.Current!.Start), "there is a second document; put everything into one.");
            return null;
        }

        return root;
    }

    /// <summary>Null ends the reading: the rest would not make sense.</summary>
    private DocumentNode? ReadNode(string path, int depth)
    {
        if (depth > DocumentLimits.Depth)
        {
            _faults.Add(path, CurrentLine(), $"the document is nested deeper than {DocumentLimits.Depth} levels.");
            return null;
        }

        if (_parser.Accept<AnchorAlias>(out var alias))
        {
            _faults.Add(path, LineOf(alias.Start), $"the alias *{alias.Value} is not supported; write the value out.");
            return null;
        }

        if (_parser.Accept<NodeEvent>(out var node) && (!node.Anchor.IsEmpty || !node.Tag.IsEmpty))
        {
            _faults.Add(path, LineOf(node.Start), "anchors (&name) and tags (!name) are not supported; write plain values.");
            return null;
        }

        if (_parser.TryConsume<Scalar>(out var scalar))
        {
            if (!IsStorable(scalar.Value))
            {
                _faults.Add(path, LineOf(scalar.Start), "the text has a NUL or a character that is not Unicode in it.");
                return null;
            }

            return new ScalarNode(scalar.Value, scalar.Style == ScalarStyle.Plain, LineOf(scalar.Start));
        }

        return _parser.TryConsume<SequenceStart>(out var list) ? ReadList(list, path, depth) : ReadMapping(path, depth);
    }

    private ListNode? ReadList(SequenceStart start, string path, int depth)
    {
        var items = new List<DocumentNode>();
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            if (ReadNode($"{path}[{items.Count}]", depth + 1) is not { } item)
            {
                return null;
            }

            items.Add(item);
        }

        return new ListNode(items, LineOf(start.Start));
    }

    private MappingNode? ReadMapping(string path, int depth)
    {
        var start = _parser.Consume<MappingStart>();
        var entries = new List<KeyValuePair<ScalarNode, DocumentNode>>();
        var keys = new HashSet<string>(StringComparer.Ordinal);
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            if (ReadNode(path, depth + 1) is not { } key)
            {
                return null;
            }

            if (key is not ScalarNode name)
            {
                _faults.Add(path, key.Line, "a key must be a text.");
                return null;
            }

            var below = DocumentPath.Append(path, name.Value);
            if (ReadNode(below, depth + 1) is not { } value)
            {
                return null;
            }

            if (keys.Add(name.Value))
            {
                entries.Add(KeyValuePair.Create(name, value));
            }
            else
            {
                _faults.Add(below, name.Line, "the key occurs twice.");
            }
        }

        return new MappingNode(entries, LineOf(start.Start));
    }

    /// <summary>Databases take neither NUL nor what cannot be written as UTF-8; escapes such as \0 and \uD800 can make both.</summary>
    private static bool IsStorable(string text) =>
        !text.Contains('\0', StringComparison.Ordinal) && !text.EnumerateRunes().Any(r => r == Rune.ReplacementChar);

    private int CurrentLine() => _parser.Current is { } current ? LineOf(current.Start) : 1;

    private static int LineOf(Mark mark) => (int)Math.Max(1, mark.Line);
}

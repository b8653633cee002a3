using Postern.Cli.Files;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Postern.Cli.Configuration;

/// <summary>Reads a YAML file into a layer with the event parser, which needs no reflection.</summary>
internal static class YamlLayer
{
    /// <summary>Vendor files are a few KiB.</summary>
    private const long MaxFileBytes = 1024 * 1024;

    /// <summary>Ours are three deep; more is a mistake or an attack on the stack.</summary>
    private const int MaxDepth = 16;

    public static ConfigurationLayer? ReadFile(string path, List<string> faults)
    {
        var text = AtomicFile.ReadIfExists(path, MaxFileBytes);
        return text is null ? null : Read(text, path, faults);
    }

    public static ConfigurationLayer Read(string text, string origin, List<string> faults)
    {
        var layer = new ConfigurationLayer(origin);
        var parser = new Parser(new StringReader(text));
        try
        {
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out _))
            {
                return layer;
            }

            parser.Consume<DocumentStart>();
            if (parser.Accept<MappingStart>(out _))
            {
                ReadMapping(parser, "", layer, faults, depth: 0);
            }
            else if (!parser.Accept<Scalar>(out var scalar) || scalar.Value.Length > 0)
            {
                faults.Add($"{origin}: expected sections such as 'api:' at the top level");
            }
        }
        catch (YamlException exception)
        {
            faults.Add($"{origin}, line {exception.Start.Line}, column {exception.Start.Column}: not valid YAML: {Reason(exception)}");
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException)
        {
            // The parser's own checks, which some malformed scalars and tags reach before its grammar does.
            faults.Add($"{origin}, line {parser.Current?.End.Line ?? 1}: not valid YAML: what follows here cannot be read");
        }

        return layer;
    }

    private static void ReadMapping(Parser parser, string prefix, ConfigurationLayer layer, List<string> faults, int depth)
    {
        var start = parser.Consume<MappingStart>();
        if (depth > MaxDepth)
        {
            throw new YamlException(start.Start, start.End, $"nested more than {MaxDepth} deep");
        }

        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var key = parser.Consume<Scalar>();
            var path = prefix.Length == 0 ? key.Value : $"{prefix}.{key.Value}";
            var place = $"{layer.Origin}, line {key.Start.Line}";
            if (parser.TryConsume<Scalar>(out var scalar))
            {
                layer.Set(path, IsNull(scalar) ? null : scalar.Value, place);
            }
            else if (parser.Accept<MappingStart>(out _))
            {
                ReadMapping(parser, path, layer, faults, depth + 1);
            }
            else if (parser.Accept<SequenceStart>(out _))
            {
                ReadSequence(parser, path, place, layer);
            }
            else if (parser.TryConsume<AnchorAlias>(out _))
            {
                faults.Add($"{place}: {path}: references to anchors (*name) are not supported here");
            }
            else
            {
                throw new YamlException(key.Start, key.End, $"no value for '{path}'");
            }
        }
    }

    private static void ReadSequence(Parser parser, string path, string place, ConfigurationLayer layer)
    {
        parser.Consume<SequenceStart>();
        var items = new List<string>();
        var isList = true;
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            if (parser.TryConsume<Scalar>(out var item))
            {
                items.Add(item.Value);
            }
            else
            {
                // Lists of structures belong to sections of the vendor file that this command does not read.
                isList = false;
                parser.SkipThisAndNestedEvents();
            }
        }

        if (isList)
        {
            layer.Set(path, items, place);
        }
    }

    private static bool IsNull(Scalar scalar) => scalar is { Style: ScalarStyle.Plain, Value: "" or "~" or "null" or "Null" or "NULL" };

    private static string Reason(YamlException exception)
    {
        var message = exception.InnerException?.Message ?? exception.Message;
        var colon = message.IndexOf("): ", StringComparison.Ordinal);
        return colon >= 0 ? message[(colon + 3)..] : message;
    }
}

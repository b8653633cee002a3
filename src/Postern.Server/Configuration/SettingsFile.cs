using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Postern.Server.Configuration;

/// <summary>Turns a YAML file of sections and keys into flat <c>section.key</c> text.</summary>
public static class SettingsFile
{
    /// <summary>Largest accepted file in bytes; the documented file with every key is under 10 KiB.</summary>
    public const int MaximumSize = 256 * 1024;

    /// <summary>Reads the file. Faults of form are returned with the line they are in, never thrown.</summary>
    public static (IReadOnlyDictionary<string, string> Values, IReadOnlyList<ConfigurationFault> Faults) Read(string path)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var faults = new List<ConfigurationFault>();
        try
        {
            var length = new FileInfo(path).Length;
            if (length > MaximumSize)
            {
                faults.Add(new ConfigurationFault(path, $"the file has {length} bytes, more than {MaximumSize}"));
                return (values, faults);
            }

            using var text = File.OpenText(path);
            var yaml = new YamlStream();
            yaml.Load(text);
            if (yaml.Documents.Count > 0)
            {
                Flatten(yaml.Documents[0].RootNode, "", depth: 0, values, faults);
            }
        }
        catch (YamlException exception)
        {
            faults.Add(new ConfigurationFault($"{path}:{exception.Start.Line}", $"is not YAML: {exception.InnerException?.Message ?? exception.Message}"));
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException)
        {
            // The parser's own checks, which some malformed scalars and tags reach before its grammar does.
            faults.Add(new ConfigurationFault(path, "is not YAML: a value or a tag in it cannot be read"));
        }
        catch (IOException exception)
        {
            faults.Add(new ConfigurationFault(path, exception.Message));
        }
        catch (UnauthorizedAccessException exception)
        {
            faults.Add(new ConfigurationFault(path, exception.Message));
        }

        return (values, faults);
    }

    private static void Flatten(YamlNode node, string path, int depth, Dictionary<string, string> values, List<ConfigurationFault> faults)
    {
        const int DeepestSection = 4;
        switch (node)
        {
            case YamlScalarNode scalar when path.Length > 0:
                values[path] = scalar.Value ?? "";
                break;
            case YamlSequenceNode list when path.Length > 0 && list.Children.All(c => c is YamlScalarNode):
                values[path] = string.Join('\n', list.Children.Select(c => ((YamlScalarNode)c).Value));
                break;
            case YamlMappingNode section when depth < DeepestSection:
                foreach (var (key, value) in section.Children)
                {
                    var name = (key as YamlScalarNode)?.Value ?? "?";
                    Flatten(value, path.Length == 0 ? name : $"{path}.{name}", depth + 1, values, faults);
                }

                break;
            case YamlScalarNode { Value: null or "" }:
                break;
            default:
                faults.Add(new ConfigurationFault($"{path} (line {node.Start.Line})", "is not a section, a value or a list of values"));
                break;
        }
    }
}

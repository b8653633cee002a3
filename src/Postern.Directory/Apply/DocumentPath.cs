namespace Postern.Directory.Apply;

/// <summary>Writes places in a document the way people name them.</summary>
internal static class DocumentPath
{
    // A key is only shown so far: a fault must not carry a megabyte.
    private const int LongestKey = 80;

    public static string Append(string path, string key)
    {
        var shown = key.Length > LongestKey ? key[..LongestKey] + "..." : key;
        shown = string.Concat(shown.Select(c => char.IsControl(c) ? '?' : c));
        if (shown.Length == 0 || !shown.All(c => char.IsLetterOrDigit(c) || c is '_' or '-'))
        {
            return $"{path}[\"{shown}\"]";
        }

        return path.Length == 0 ? shown : $"{path}.{shown}";
    }
}

using System.Security.Cryptography;

namespace Postern.Directory.Projects;

/// <summary>Makes and checks project ids and the entropy of a project.</summary>
public static class ProjectId
{
    /// <summary>Shortest id: shorter ones could be guessed or collide.</summary>
    public const int MinimumLength = 12;

    /// <summary>Longest id: it stands in DNS labels and SSH user names together with a machine name of up to 40.</summary>
    public const int MaximumLength = 22;

    /// <summary>Characters of the entropy, as apps expect.</summary>
    public const int EntropyLength = 56;

    private const int NewLength = 13;
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";

    /// <summary>A new random id.</summary>
    public static string Create() => RandomNumberGenerator.GetString(Alphabet, NewLength);

    /// <summary>New random entropy; five bits a character.</summary>
    public static string CreateEntropy() => RandomNumberGenerator.GetString(Alphabet.ToUpperInvariant(), EntropyLength);

    /// <summary>True when the text can be a project id.</summary>
    public static bool IsValid(string id) =>
        id.Length is >= MinimumLength and <= MaximumLength
        && id.All(c => char.IsAsciiDigit(c) || char.IsAsciiLetterLower(c));
}

namespace Fuzz.Targets;

/// <summary>The list of what is fuzzed.</summary>
internal static class AllTargets
{
    public static IReadOnlyList<FuzzTarget> Decoders { get; } =
        [.. MessageTargets.All(), .. KeyTargets.All(), .. DocumentTargets.All()];

    public static FuzzTarget Find(string name) =>
        Decoders.FirstOrDefault(t => t.Name == name) ?? throw new ArgumentException($"there is no target '{name}'");
}

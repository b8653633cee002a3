namespace Fuzz.Inputs;

/// <summary>A rule that an input broke.</summary>
/// <param name="Target">Name of the target.</param>
/// <param name="Seed">The seed of the run.</param>
/// <param name="Round">Which input of the run it was.</param>
/// <param name="Input">The input itself; for connections the seed and round are what counts.</param>
/// <param name="Reason">What happened.</param>
internal sealed record Fault(string Target, int Seed, long Round, byte[] Input, string Reason)
{
    /// <summary>Keeps the input as a file that <c>--replay</c> and the unit tests take, with the reason beside it.</summary>
    public string Save(string folder)
    {
        Directory.CreateDirectory(folder);
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Input))[..12];
        var path = Path.Combine(folder, $"{Target}.{hash}.bin");
        File.WriteAllBytes(path, Input);
        File.WriteAllText(path + ".txt", $"target {Target}, seed {Seed}, round {Round}\n{Reason}\n");
        return path;
    }
}

namespace Fuzz.Targets;

/// <summary>One decoder under test: what it is fed, and what it may do.</summary>
/// <param name="Name">How the command line and the kept inputs call it.</param>
/// <param name="Seeds">Well-formed inputs to begin with.</param>
/// <param name="Run">
/// Decodes an input and returns a word about the outcome, by which inputs that are new in kind are told; throws what
/// the decoder throws.
/// </param>
internal sealed record FuzzTarget(string Name, IReadOnlyList<byte[]> Seeds, Func<byte[], string> Run)
{
    /// <summary>The decoder's own exception, or null when it may throw none.</summary>
    public Type? Refusal { get; init; } = typeof(Postern.Ssh.Wire.WireFormatException);

    /// <summary>
    /// What one input may make the decoder allocate whatever its length: an exception with its stack trace, a key of
    /// the platform's.
    /// </summary>
    public long AllocationBase { get; init; } = 64 * 1024;

    /// <summary>Bytes that may be allocated for each byte of input: a name of one letter becomes an object of 32.</summary>
    public long AllocationPerByte { get; init; } = 64;

    /// <summary>The longest input, in bytes; above the decoder's own limit where that is not too far.</summary>
    public int LongestInput { get; init; } = 70_000;

    /// <summary>Pieces that the decoder knows, for the mutator to put in.</summary>
    public IReadOnlyList<byte[]> Dictionary { get; init; } = [];
}

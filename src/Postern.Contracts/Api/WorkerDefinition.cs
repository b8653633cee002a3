namespace Postern.Contracts.Api;

/// <summary>What a worker runs.</summary>
public sealed record WorkerDefinition
{
    /// <summary>Commands by name; <c>start</c> is the worker itself.</summary>
    public IReadOnlyDictionary<string, string> Commands { get; set; } = new Dictionary<string, string>();
}

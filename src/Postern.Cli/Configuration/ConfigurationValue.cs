namespace Postern.Cli.Configuration;

/// <summary>One setting as written: a scalar, a list, or null for "none".</summary>
/// <param name="Scalar">The scalar, when it is one.</param>
/// <param name="List">The list, when it is one.</param>
/// <param name="Place">Where it was written, for error messages.</param>
internal sealed record ConfigurationValue(string? Scalar, IReadOnlyList<string>? List, string Place);

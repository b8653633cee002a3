namespace Postern.Server.Configuration;

/// <summary>One thing that is wrong with the configuration.</summary>
/// <param name="Path">Where: the key with dots, or the place in the file.</param>
/// <param name="Message">What is wrong and what would be right.</param>
public sealed record ConfigurationFault(string Path, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Path}: {Message}";
}

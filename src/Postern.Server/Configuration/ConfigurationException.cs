namespace Postern.Server.Configuration;

/// <summary>The configuration cannot be used; holds every fault that was found, not only the first.</summary>
public sealed class ConfigurationException(string source, IReadOnlyList<ConfigurationFault> faults)
    : Exception($"The configuration ({source}) has {faults.Count} fault(s):\n" + string.Join('\n', faults.Select(f => "  " + f)))
{
    /// <summary>The faults, in the order of the settings.</summary>
    public IReadOnlyList<ConfigurationFault> Faults { get; } = faults;
}

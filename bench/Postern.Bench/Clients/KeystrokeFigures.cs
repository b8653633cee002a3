namespace Postern.Bench.Clients;

/// <summary>Echoes of keys, in microseconds.</summary>
/// <param name="Median">From key to echo.</param>
/// <param name="Percentile99">From key to echo.</param>
/// <param name="Cpu">Of the server without what runs in the session, for each key.</param>
internal readonly record struct KeystrokeFigures(double Median, double Percentile99, double Cpu);

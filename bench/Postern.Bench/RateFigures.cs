namespace Postern.Bench;

/// <summary>Operations one after another.</summary>
/// <param name="PerSecond">As the client saw it.</param>
/// <param name="CpuMilliseconds">Of the server, for each.</param>
internal readonly record struct RateFigures(double PerSecond, double CpuMilliseconds);

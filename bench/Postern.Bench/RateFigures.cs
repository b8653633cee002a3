namespace Postern.Bench;

/// <summary>Operations one after another.</summary>
/// <param name="PerSecond">As the client saw it.</param>
/// <param name="CpuMilliseconds">Of the server, for each.</param>
/// <param name="ClientMilliseconds">CPU time of the client, for each; 0 when it is not known.</param>
internal readonly record struct RateFigures(double PerSecond, double CpuMilliseconds, double ClientMilliseconds = 0);

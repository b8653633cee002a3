namespace Postern.Bench;

/// <summary>One bulk transfer.</summary>
/// <param name="MegabytesPerSecond">As its receiver saw it.</param>
/// <param name="CpuPerGigabyte">Seconds of the server.</param>
internal readonly record struct BulkFigures(double MegabytesPerSecond, double CpuPerGigabyte);

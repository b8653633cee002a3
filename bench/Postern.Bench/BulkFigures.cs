namespace Postern.Bench;

/// <summary>One bulk transfer.</summary>
/// <param name="MegabytesPerSecond">As its receiver saw it.</param>
/// <param name="CpuPerGigabyte">Seconds of the server.</param>
/// <param name="ClientBusy">The part of the time in which the client, which has one thread, was at work: at 1 no server is faster.</param>
/// <param name="MachineBusy">The part of the time in which the machine's processors were at work, for whomever.</param>
internal readonly record struct BulkFigures(double MegabytesPerSecond, double CpuPerGigabyte, double ClientBusy, double MachineBusy);

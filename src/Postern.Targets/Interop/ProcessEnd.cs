namespace Postern.Targets.Interop;

/// <summary>How a process ended.</summary>
/// <param name="Status">The exit status, or 0 when a signal ended the process.</param>
/// <param name="Signal">The number of the signal, or 0.</param>
/// <param name="IsCoreDumped">Whether a core file was written.</param>
internal readonly record struct ProcessEnd(int Status, int Signal, bool IsCoreDumped);

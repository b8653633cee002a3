namespace Postern.Directory.Devices;

/// <summary>The codes of a new request; they are stored as hashes and cannot be shown again.</summary>
/// <param name="DeviceCode">The program's own secret, with which it polls.</param>
/// <param name="UserCode">What the person compares or types, as <c>WDJB-MJHT</c>.</param>
/// <param name="ExpiresAt">When both stop working.</param>
/// <param name="IntervalSeconds">How long to wait between polls.</param>
public sealed record DeviceCodes(string DeviceCode, string UserCode, DateTimeOffset ExpiresAt, int IntervalSeconds);

namespace Postern.Directory.Devices;

/// <summary>The answer to a poll.</summary>
/// <param name="State">How the request stands.</param>
/// <param name="Request">The request as it was read; null only when the code is unknown.</param>
public sealed record DevicePoll(DevicePollState State, DeviceRequest? Request);

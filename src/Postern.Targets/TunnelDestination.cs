using System.Net;

namespace Postern.Targets;

/// <summary>A TCP destination that an app may be tunnelled to.</summary>
/// <param name="Name">What it is called in logs and audit, such as <c>database.internal:5432</c>.</param>
/// <param name="Address">The address inside the target; never taken from the peer.</param>
public sealed record TunnelDestination(string Name, IPEndPoint Address);

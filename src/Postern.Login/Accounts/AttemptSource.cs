using Postern.Login.Sessions;

namespace Postern.Login.Accounts;

/// <summary>Where an attempt to sign in comes from, as far as attempts are counted by it.</summary>
/// <param name="Origin">As sessions and logs have it.</param>
/// <param name="Address">The address whose attempts are counted together (<see cref="RequestOrigin.CountedAddress"/>).</param>
/// <param name="Network">The wider network that is counted as well, or null for an IPv4 address.</param>
/// <param name="Browser">What this browser signed in to before.</param>
internal sealed record AttemptSource(RequestOrigin Origin, string Address, string? Network, KnownBrowser Browser);

using Postern.Contracts.WellKnown;

namespace Postern.Cli.Configuration;

/// <summary>The server a person named at login, with what it said of itself.</summary>
/// <param name="Url">The address as given.</param>
/// <param name="Document">Its well-known document.</param>
internal sealed record RememberedServer(string Url, VendorConfiguration Document);

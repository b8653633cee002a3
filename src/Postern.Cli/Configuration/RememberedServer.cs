using Postern.Contracts.WellKnown;

namespace Postern.Cli.Configuration;

/// <summary>The server a person named at login, with what it said of itself.</summary>
internal sealed record RememberedServer
{
    /// <summary>The address as given.</summary>
    public string Url { get; set; } = "";

    /// <summary>Its well-known document.</summary>
    public VendorConfiguration Document { get; set; } = new();
}

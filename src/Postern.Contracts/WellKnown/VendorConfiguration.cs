using System.Text.Json.Serialization;

namespace Postern.Contracts.WellKnown;

/// <summary>What a client must know of a deployment: <c>GET /.well-known/postern</c>, in the form of the vendor configuration file.</summary>
public sealed record VendorConfiguration
{
    /// <summary>Names of the client itself; absent when the client's own hold.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ApplicationSection? Application { get; set; }

    /// <summary>The names of the service.</summary>
    public ServiceSection Service { get; set; } = new();

    /// <summary>Where its API and login are.</summary>
    public ApiSection Api { get; set; } = new();

    /// <summary>How its gateway is reached.</summary>
    public SshSection Ssh { get; set; } = new();

    /// <summary>How its projects are recognised.</summary>
    public DetectionSection Detection { get; set; } = new();
}

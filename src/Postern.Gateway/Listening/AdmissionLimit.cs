namespace Postern.Gateway.Listening;

/// <summary>The limits that close a connection before it says a word of SSH; each is a tag of the metric of refusals.</summary>
public enum AdmissionLimit
{
    /// <summary>Connections in all.</summary>
    Connections,

    /// <summary>Connections of one source.</summary>
    ConnectionsPerAddress,

    /// <summary>Connections that wait to authenticate.</summary>
    Startups,

    /// <summary>Those of one source.</summary>
    StartupsPerAddress,

    /// <summary>The source has failed too often lately.</summary>
    Penalty,

    /// <summary>Connections that wait for a person to sign in; they are told so instead of being closed.</summary>
    SignIns,

    /// <summary>Those of one source.</summary>
    SignInsPerAddress,

    /// <summary>A trusted proxy sent no PROXY header, or none that can be read, or not in time.</summary>
    ProxyHeader,
}

namespace Postern.Ssh.Connection;

/// <summary>Why a channel was not opened (RFC 4254 section 5.1).</summary>
public enum ChannelOpenFailureReason : uint
{
    /// <summary>SSH_OPEN_ADMINISTRATIVELY_PROHIBITED.</summary>
    AdministrativelyProhibited = 1,

    /// <summary>SSH_OPEN_CONNECT_FAILED.</summary>
    ConnectFailed = 2,

    /// <summary>SSH_OPEN_UNKNOWN_CHANNEL_TYPE.</summary>
    UnknownChannelType = 3,

    /// <summary>SSH_OPEN_RESOURCE_SHORTAGE.</summary>
    ResourceShortage = 4,
}

namespace Postern.Ssh.Transport;

/// <summary>Reason codes of DISCONNECT (RFC 4253 section 11.1); those that we send.</summary>
internal enum DisconnectCode : uint
{
    ProtocolError = 2,
    KeyExchangeFailed = 3,
    MacError = 5,
    ServiceNotAvailable = 7,
    HostKeyNotVerifiable = 9,
    ByApplication = 11,
    AuthCancelledByUser = 13,
    NoMoreAuthenticationMethods = 14,
}

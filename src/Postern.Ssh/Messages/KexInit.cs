using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>Opens a key exchange with the sender's algorithms, best first (RFC 4253 section 7.1).</summary>
/// <remarks><code>
/// byte      SSH_MSG_KEXINIT (20)
/// byte[16]  cookie (random bytes)
/// name-list kex_algorithms
/// name-list server_host_key_algorithms
/// name-list encryption_algorithms_client_to_server
/// name-list encryption_algorithms_server_to_client
/// name-list mac_algorithms_client_to_server
/// name-list mac_algorithms_server_to_client
/// name-list compression_algorithms_client_to_server
/// name-list compression_algorithms_server_to_client
/// name-list languages_client_to_server
/// name-list languages_server_to_client
/// boolean   first_kex_packet_follows
/// uint32    0 (reserved for future extension)
/// </code></remarks>
internal sealed record KexInit : IMessage<KexInit>
{
    /// <summary>Length of the cookie in bytes.</summary>
    public const int CookieLength = 16;

    public static byte Number => MessageNumber.KexInit;

    public required byte[] Cookie { get; init; }

    public required string[] KeyExchanges { get; init; }

    public required string[] HostKeys { get; init; }

    public required string[] CiphersToServer { get; init; }

    public required string[] CiphersToClient { get; init; }

    public required string[] MacsToServer { get; init; }

    public required string[] MacsToClient { get; init; }

    public required string[] CompressionsToServer { get; init; }

    public required string[] CompressionsToClient { get; init; }

    public string[] LanguagesToServer { get; init; } = [];

    public string[] LanguagesToClient { get; init; } = [];

    public bool IsGuessFollowing { get; init; }

    public uint Reserved { get; init; }

    public static KexInit Read(scoped ref WireReader reader) => new()
    {
        Cookie = reader.ReadBytes(CookieLength).ToArray(),
        KeyExchanges = reader.ReadNameList(WireLimits.NameList),
        HostKeys = reader.ReadNameList(WireLimits.NameList),
        CiphersToServer = reader.ReadNameList(WireLimits.NameList),
        CiphersToClient = reader.ReadNameList(WireLimits.NameList),
        MacsToServer = reader.ReadNameList(WireLimits.NameList),
        MacsToClient = reader.ReadNameList(WireLimits.NameList),
        CompressionsToServer = reader.ReadNameList(WireLimits.NameList),
        CompressionsToClient = reader.ReadNameList(WireLimits.NameList),
        LanguagesToServer = reader.ReadNameList(WireLimits.NameList),
        LanguagesToClient = reader.ReadNameList(WireLimits.NameList),
        IsGuessFollowing = reader.ReadBoolean(),
        Reserved = reader.ReadUInt32(),
    };

    public void Write(scoped ref WireWriter writer)
    {
        writer.WriteBytes(Cookie);
        writer.WriteNameList(KeyExchanges);
        writer.WriteNameList(HostKeys);
        writer.WriteNameList(CiphersToServer);
        writer.WriteNameList(CiphersToClient);
        writer.WriteNameList(MacsToServer);
        writer.WriteNameList(MacsToClient);
        writer.WriteNameList(CompressionsToServer);
        writer.WriteNameList(CompressionsToClient);
        writer.WriteNameList(LanguagesToServer);
        writer.WriteNameList(LanguagesToClient);
        writer.WriteBoolean(IsGuessFollowing);
        writer.WriteUInt32(Reserved);
    }
}

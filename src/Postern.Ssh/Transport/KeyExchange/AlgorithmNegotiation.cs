using Postern.Ssh.Messages;
using Postern.Ssh.Server;
using Postern.Ssh.Transport.Ciphers;

namespace Postern.Ssh.Transport.KeyExchange;

/// <summary>
/// Chooses algorithms from both sides' KEXINIT: the client's first that the server has too (RFC 4253 section 7.1).
/// A MAC is chosen only for a cipher that does not authenticate; for the others the lists need nothing in common.
/// </summary>
internal static class AlgorithmNegotiation
{
    /// <summary>Marks a client that wants EXT_INFO (RFC 8308 section 2.1).</summary>
    public const string ClientExtensions = "ext-info-c";

    /// <summary>Marks a server that takes EXT_INFO (RFC 8308 section 2.1).</summary>
    public const string ServerExtensions = "ext-info-s";

    /// <summary>Marks a client that follows strict key exchange (draft-miller-sshm-strict-kex).</summary>
    public const string ClientStrict = "kex-strict-c-v00@openssh.com";

    /// <summary>Marks a server that follows strict key exchange.</summary>
    public const string ServerStrict = "kex-strict-s-v00@openssh.com";

    /// <summary>No compression: the only kind offered.</summary>
    public const string NoCompression = "none";

    /// <summary>Throws <see cref="DisconnectException"/> when a kind of algorithm has none in common.</summary>
    public static NegotiatedAlgorithms Negotiate(KexInit client, KexInit server)
    {
        Choose("compression to server", client.CompressionsToServer, server.CompressionsToServer);
        Choose("compression to client", client.CompressionsToClient, server.CompressionsToClient);
        var keyExchange = Choose("key exchange", client.KeyExchanges, server.KeyExchanges);
        return new NegotiatedAlgorithms(
            KeyExchangeMethod.Find(keyExchange) ?? throw NothingInCommon("key exchange"),
            Choose("host key", client.HostKeys, server.HostKeys),
            Cipher("to server", client.CiphersToServer, server.CiphersToServer, client.MacsToServer, server.MacsToServer),
            Cipher("to client", client.CiphersToClient, server.CiphersToClient, client.MacsToClient, server.MacsToClient));
    }

    /// <summary>
    /// Whether the packet that the client sent on a guess is to be ignored: its first choices are not both ours
    /// (RFC 4253 section 7.1).
    /// </summary>
    public static bool IsGuessWrong(KexInit client, KexInit server) =>
        client.IsGuessFollowing
        && (!IsFirstEqual(client.KeyExchanges, server.KeyExchanges) || !IsFirstEqual(client.HostKeys, server.HostKeys));

    private static bool IsFirstEqual(string[] client, string[] server) =>
        client.Length > 0 && server.Length > 0 && client[0] == server[0];

    private static CipherSuite Cipher(
        string direction, string[] client, string[] server, string[] clientMacs, string[] serverMacs)
    {
        var suite = CipherSuite.Find(Choose("cipher " + direction, client, server)) ?? throw NothingInCommon("cipher " + direction);
        if (!suite.NeedsMac)
        {
            return suite;
        }

        var mac = MacAlgorithm.Find(Choose("MAC " + direction, clientMacs, serverMacs)) ?? throw NothingInCommon("MAC " + direction);
        return suite.With(mac);
    }

    private static string Choose(string kind, string[] client, string[] server) =>
        Array.Find(client, name => Array.IndexOf(server, name) >= 0) ?? throw NothingInCommon(kind);

    private static DisconnectException NothingInCommon(string kind) =>
        new(DisconnectCode.KeyExchangeFailed, ConnectionEnd.ProtocolError, $"no {kind} algorithm in common");
}

using Postern.Ssh.Transport.Ciphers;

namespace Postern.Ssh.Transport.KeyExchange;

/// <summary>What both sides agreed on for one key exchange.</summary>
internal sealed record NegotiatedAlgorithms(
    KeyExchangeMethod KeyExchange,
    string HostKey,
    CipherSuite CipherToServer,
    CipherSuite CipherToClient);

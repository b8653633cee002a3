namespace Postern.Ssh.Transport;

/// <summary>The kinds of algorithms that a catalogue lists.</summary>
public enum AlgorithmKind
{
    /// <summary>Key exchange methods.</summary>
    KeyExchange,

    /// <summary>Ciphers.</summary>
    Cipher,

    /// <summary>Message authentication codes, for ciphers that have none of their own.</summary>
    Mac,

    /// <summary>Signature algorithms that a server proves itself with.</summary>
    HostKey,

    /// <summary>Signature algorithms that people prove themselves with.</summary>
    UserSignature,
}

namespace Postern.Ssh.Wire;

/// <summary>The largest sizes, in bytes, that a decoder accepts for each kind of field, each with its reason.</summary>
public static class WireLimits
{
    /// <summary>
    /// A whole packet, the length field not counted. RFC 4253 section 6.1 asks for 35000; OpenSSH sends at most
    /// 256 KiB and never more in practice than its 32 KiB channel packet with overhead.
    /// </summary>
    public const int Packet = 256 * 1024;

    /// <summary>A name of an algorithm, method, service, request or channel type (RFC 4251 section 6: 64 characters).</summary>
    public const int Name = 64;

    /// <summary>A name with a domain part, as extensions have it.</summary>
    public const int ExtendedName = 255;

    /// <summary>A list of algorithm names in KEXINIT; OpenSSH's longest is under 1 KiB.</summary>
    public const int NameList = 8 * 1024;

    /// <summary>A user name in an authentication request; ours are under 200 characters.</summary>
    public const int UserName = 1024;

    /// <summary>A public key or certificate blob: an RSA 16384 certificate with long option lists fits.</summary>
    public const int KeyBlob = 64 * 1024;

    /// <summary>A signature blob: RSA 16384 is 2 KiB.</summary>
    public const int Signature = 16 * 1024;

    /// <summary>A multiple precision integer: 16384 bits and its sign byte.</summary>
    public const int Mpint = 2049;

    /// <summary>A human-readable text such as a disconnect reason or a banner.</summary>
    public const int Text = 8 * 1024;

    /// <summary>What a person types as an answer to one prompt: passwords of any sane length, and codes.</summary>
    public const int Response = 1024;

    /// <summary>A command line of an exec request; Linux takes at most 128 KiB for one argument.</summary>
    public const int Command = 128 * 1024;

    /// <summary>The value of an environment variable.</summary>
    public const int EnvironmentValue = 32 * 1024;

    /// <summary>The encoded terminal modes of a pty request (RFC 4254 section 8): 5 bytes each, 160 opcodes at most.</summary>
    public const int TerminalModes = 1024;

    /// <summary>A host name or address; DNS allows 253.</summary>
    public const int HostName = 1024;

    /// <summary>A file system path of a Unix socket request.</summary>
    public const int Path = 4096;
}

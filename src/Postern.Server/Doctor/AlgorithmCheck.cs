using System.Security.Cryptography;
using Postern.Ssh.Transport;

namespace Postern.Server.Doctor;

/// <summary>Which post-quantum key exchange there is, and what clients see of it.</summary>
internal static class AlgorithmCheck
{
    private const string PostQuantum = "mlkem768x25519-sha256";

    /// <summary>The version of the OpenSSL that .NET has loaded.</summary>
    public static Version OpenSsl => VersionOf(SafeEvpPKeyHandle.OpenSslVersion);

    /// <summary>Looks at what this machine has and at what the configuration offers.</summary>
    public static Finding Run(AlgorithmCatalogue offered, bool hasMLKem, Version openSsl)
    {
        if (offered.KeyExchanges.Contains(PostQuantum))
        {
            return new Finding(
                FindingLevel.Ok,
                "key exchange",
                $"{PostQuantum} is offered (OpenSSL {openSsl}); clients from OpenSSH 9.9 on use it, and those from 10.1 on do not warn");
        }

        const string Seen = "the sessions of today can be recorded and read once there are quantum computers, and clients from OpenSSH 10.1 on warn of that at every connection";
        return hasMLKem
            ? new Finding(
                FindingLevel.Warn,
                "key exchange",
                $"no post-quantum method is offered, though OpenSSL {openSsl} has one: {Seen}",
                $"add {PostQuantum} in front of ssh.algorithms.key_exchange, or leave the setting out")
            : new Finding(
                FindingLevel.Warn,
                "key exchange",
                $"no post-quantum method is there, because OpenSSL {openSsl} has no ML-KEM: {Seen}",
                "run the server on a system with OpenSSL 3.5 or newer, such as Debian 13");
    }

    /// <summary>Reads OpenSSL's own number: major, minor and patch in 4, 8 and 8 bits, with 8 and 4 bits of other use.</summary>
    public static Version VersionOf(long number) =>
        new((int)(number >> 28) & 0xf, (int)(number >> 20) & 0xff, (int)(number >> 4) & 0xff);
}

using System.Net;
using System.Security.Cryptography;
using System.Text;
using Postern.Ssh.Keys;
using Postern.Ssh.Wire;

namespace Fuzz.Targets;

/// <summary>Keys, certificates, signatures and their files.</summary>
internal static class KeyTargets
{
    // The platform's key objects and their parameters.
    private const int KeyAllocation = 512 * 1024;

    private static readonly byte[][] Names =
    [
        .. PublicKeyAlgorithm.All.Select(a => a.BlobType).Distinct().SelectMany(n => new[] { n, n + "-cert-v01@openssh.com" })
            .Concat(["nistp256", "nistp384", "nistp521", "ssh:", "force-command", "source-address", "permit-pty", "rsa-sha2-512", "ssh-rsa"])
            .Select(Encoding.ASCII.GetBytes),
    ];

    public static IEnumerable<FuzzTarget> All()
    {
        using var ed25519 = Ed25519PrivateKey.FromSeed(SHA256.HashData("fuzz"u8));
        using var authority = Ed25519PrivateKey.FromSeed(SHA256.HashData("authority"u8));
        var keys = Keys(ed25519).ToArray();
        var certificate = Certify(authority, PublicKey.Read(keys[0]));
        var certificates = keys.Select(k => Certify(authority, PublicKey.Read(k)).Blob.ToArray()).ToArray();
        byte[] data = [1, 2, 3];

        yield return new FuzzTarget("PublicKey", keys, b => PublicKey.Read(b).Type)
        { Dictionary = Names, AllocationBase = KeyAllocation };
        yield return new FuzzTarget("Certificate", certificates, b => Certificate.Read(b).Type)
        { Dictionary = Names, AllocationBase = KeyAllocation };
        yield return new FuzzTarget("AuthorizedKey", [.. keys.Select(k => Encoding.UTF8.GetBytes(PublicKey.Read(k).ToAuthorizedKey("me@host")))], b =>
            PublicKey.ParseAuthorizedKey(Encoding.Latin1.GetString(b)).Key.Type)
        { Dictionary = Names, AllocationBase = KeyAllocation };
        yield return new FuzzTarget("CertificateLine", [Encoding.UTF8.GetBytes(certificate.ToAuthorizedKey("me"))], b =>
            Certificate.Parse(Encoding.Latin1.GetString(b)).Type)
        { Dictionary = Names, AllocationBase = KeyAllocation };
        yield return new FuzzTarget("PrivateKeyFile", [OpenSshPrivateKeyFile.Write(ed25519, "comment")], b =>
        {
            using var key = OpenSshPrivateKeyFile.Read(b);
            return "key";
        })
        { AllocationBase = KeyAllocation };
        yield return new FuzzTarget("PrivateKeyContent", [Content(OpenSshPrivateKeyFile.Write(ed25519, "comment"))], b =>
        {
            using var key = OpenSshPrivateKeyFile.Read(Armour(b));
            return "key";
        })
        { AllocationBase = KeyAllocation, Dictionary = Names };
        yield return new FuzzTarget("Signature", [.. Signatures(ed25519, data)], b =>
        {
            var outcome = "";
            foreach (var blob in keys)
            {
                var key = PublicKey.Read(blob);
                outcome += key.Verify(key.SignatureAlgorithms[0], data, b) ? "good " : "bad ";
            }

            return outcome;
        })
        { Dictionary = Names, Refusal = null, AllocationBase = 4 * KeyAllocation };
        var revoked = new RevocationListBuilder().RevokeKey(PublicKey.Read(keys[0])).RevokeFingerprint(SHA256.HashData(keys[1]))
            .RevokeSerials(((ISigner)authority).PublicKey, 5, 5).RevokeSerials(null, 10, 20).RevokeKeyId(((ISigner)authority).PublicKey, "alice")
            .Write(1, DateTimeOffset.UnixEpoch, "comment");
        yield return new FuzzTarget("RevocationList", [revoked], b =>
            $"list {RevocationList.Read(b).Find(certificate)} {RevocationList.Read(b).Find(PublicKey.Read(keys[0]))}")
        { Dictionary = Names, AllocationBase = KeyAllocation };
        yield return new FuzzTarget("SourceAddressList", ["10.0.0.0/8,2001:db8::/32,127.0.0.1"u8.ToArray()], b =>
        {
            var list = Encoding.Latin1.GetString(b);
            return $"{SourceAddressList.IsWellFormed(list)} {SourceAddressList.Matches(list, IPAddress.Loopback)} {SourceAddressList.Matches(list, IPAddress.IPv6Loopback)}";
        })
        { Refusal = null, Dictionary = [.. new[] { ",", "/", "::", "/129", "/-1", "0x7f", "::ffff:127.0.0.1", "%eth0", "/33" }.Select(Encoding.ASCII.GetBytes)] };
    }

    private static IEnumerable<byte[]> Keys(Ed25519PrivateKey ed25519)
    {
        yield return ((ISigner)ed25519).PublicKey.Blob.ToArray();

        // Fixed numbers, so that a run can be repeated: the group's base points are points of their curves.
        yield return Blob("ecdsa-sha2-nistp256", "nistp256",
            "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5");
        var writer = new WireWriter(new byte[1024]);
        writer.WriteText("ssh-rsa");
        writer.WriteMpint([1, 0, 1]);
        writer.WriteMpint([0xc1, .. Enumerable.Range(0, 254).Select(i => (byte)((i * 7) + 3)), 0x01]);
        yield return writer.Written.ToArray();
        writer = new WireWriter(new byte[256]);
        writer.WriteText("sk-ssh-ed25519@openssh.com");
        writer.WriteString(((ISigner)ed25519).PublicKey.Blob.Span[^32..]);
        writer.WriteText("ssh:");
        yield return writer.Written.ToArray();
    }

    private static byte[] Blob(string type, string curve, string point)
    {
        var writer = new WireWriter(new byte[256]);
        writer.WriteText(type);
        writer.WriteText(curve);
        writer.WriteString(Convert.FromHexString(point));
        return writer.Written.ToArray();
    }

    private static IEnumerable<byte[]> Signatures(Ed25519PrivateKey key, byte[] data)
    {
        yield return key.Sign("ssh-ed25519", data);
        byte[] numbers = [0, 0, 0, 1, 1, 0, 0, 0, 1, 1];
        var writer = new WireWriter(new byte[256]);
        writer.WriteText("ecdsa-sha2-nistp256");
        writer.WriteString(numbers);
        yield return writer.Written.ToArray();
        writer = new WireWriter(new byte[512]);
        writer.WriteText("rsa-sha2-512");
        writer.WriteString(new byte[256]);
        yield return writer.Written.ToArray();
        writer = new WireWriter(new byte[256]);
        writer.WriteText("sk-ssh-ed25519@openssh.com");
        writer.WriteString(new byte[64]);
        writer.WriteByte(1);
        writer.WriteUInt32(7);
        yield return writer.Written.ToArray();
    }

    private static Certificate Certify(Ed25519PrivateKey authority, PublicKey key)
    {
        using var random = RandomNumberGenerator.Create();
        return new CertificateBuilder(authority, random).Sign(new CertificateStatement
        {
            Key = key,
            Type = CertificateType.User,
            Serial = 1,
            KeyId = "alice",
            Principals = ["alice", "bob"],
            ValidAfter = 1000,
            ValidBefore = 2000,
            CriticalOptions = [new("source-address", "127.0.0.1")],
            Extensions = [new("permit-pty", ""), new("token@example.com", "x")],
        });
    }

    private static byte[] Content(byte[] file)
    {
        var lines = Encoding.ASCII.GetString(file).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return Convert.FromBase64String(string.Concat(lines[1..^1]));
    }

    private static byte[] Armour(byte[] content) => Encoding.ASCII.GetBytes(
        $"-----BEGIN OPENSSH PRIVATE KEY-----\n{Convert.ToBase64String(content)}\n-----END OPENSSH PRIVATE KEY-----\n");
}

using System.Security.Cryptography;
using System.Text;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Keys.Tests;

/// <summary>Signatures of files (PROTOCOL.sshsig of OpenSSH): the way to have ssh-keygen sign and verify for tests.</summary>
internal static class SshSignature
{
    private const string Begin = "-----BEGIN SSH SIGNATURE-----";
    private const string End = "-----END SSH SIGNATURE-----";

    public static IDisposable NewKey(string algorithm) => algorithm switch
    {
        "ssh-ed25519" => Ed25519PrivateKey.Generate(),
        "rsa-sha2-256" or "rsa-sha2-512" => RsaPrivateKey.Generate(2048),
        _ => EcdsaPrivateKey.Generate(algorithm),
    };

    public static byte[] SignedData(string purpose, byte[] message)
    {
        var writer = new WireWriter(new byte[1024]);
        writer.WriteBytes("SSHSIG"u8);
        writer.WriteText(purpose);
        writer.WriteUInt32(0);
        writer.WriteText("sha512");
        writer.WriteString(SHA512.HashData(message));
        return writer.Written.ToArray();
    }

    public static (PublicKey Key, byte[] Signature) Read(string armored)
    {
        var text = armored.Trim().Replace(Begin, "", StringComparison.Ordinal).Replace(End, "", StringComparison.Ordinal);
        var reader = new WireReader(Convert.FromBase64String(text));
        Assert.True(reader.ReadBytes(6).SequenceEqual("SSHSIG"u8));
        Assert.Equal(1u, reader.ReadUInt32());
        var key = PublicKey.Read(reader.ReadString(WireLimits.KeyBlob));
        reader.ReadText(WireLimits.Text);
        reader.ReadText(WireLimits.Text);
        Assert.Equal("sha512", reader.ReadText(WireLimits.Text));
        var signature = reader.ReadString(WireLimits.Signature).ToArray();
        reader.RequireEnd();
        return (key, signature);
    }

    public static string Write(PublicKey key, string purpose, byte[] signature)
    {
        var writer = new WireWriter(new byte[16 * 1024]);
        writer.WriteBytes("SSHSIG"u8);
        writer.WriteUInt32(1);
        writer.WriteString(key.Blob.Span);
        writer.WriteText(purpose);
        writer.WriteUInt32(0);
        writer.WriteText("sha512");
        writer.WriteString(signature);
        return $"{Begin}\n{Convert.ToBase64String(writer.Written, Base64FormattingOptions.InsertLineBreaks)}\n{End}\n";
    }

    public static string VerifyByKeygen(SshKeygen keygen, PublicKey key, string signature, byte[] message)
    {
        keygen.Write("allowed", Encoding.ASCII.GetBytes("somebody " + key.ToAuthorizedKey() + "\n"));
        keygen.Write("ours.sig", Encoding.ASCII.GetBytes(signature.ReplaceLineEndings("\n")));
        var path = keygen.Write("input", message);
        return keygen.TryRunWithInput(path, "-Y", "verify", "-f", "allowed", "-I", "somebody", "-n", "test", "-s", "ours.sig").Output;
    }
}

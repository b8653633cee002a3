using Postern.Cli.Files;

namespace Postern.Cli.Certificates;

/// <summary>The key pair, the certificate and the freshness test of one session.</summary>
internal sealed class CertificateFiles(string directory)
{
    private const long MaxFileBytes = 128 * 1024;

    public string Directory { get; } = directory;

    public string Key => Path.Combine(Directory, "id_ed25519");

    public string PublicKey => Key + ".pub";

    public string Certificate => Key + "-cert.pub";

    /// <summary>A script that succeeds while the certificate needs no refresh.</summary>
    public string Fresh => Path.Combine(Directory, "fresh");

    public string SshConfig => Path.Combine(Directory, "config");

    /// <summary>The certificate that lies there with its key, or null when there is none that can be used.</summary>
    public OpenSshCertificate? Load()
    {
        var line = AtomicFile.ReadIfExists(Certificate, MaxFileBytes);
        var publicKey = AtomicFile.ReadIfExists(PublicKey, MaxFileBytes);
        if (line is null || publicKey is null || !File.Exists(Key))
        {
            return null;
        }

        try
        {
            var certificate = OpenSshCertificate.Parse(line);
            // After a crash between two renames they may belong to different pairs.
            return certificate.KeyBlob.AsSpan().SequenceEqual(Blob(publicKey)) ? certificate : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>True when the key pair is whole and not older than its lifetime: zero is for ever, negative is never.</summary>
    public bool HasUsableKey(TimeSpan lifetime, DateTimeOffset now)
    {
        if (lifetime < TimeSpan.Zero || !File.Exists(Key) || !File.Exists(PublicKey))
        {
            return false;
        }

        return lifetime == TimeSpan.Zero || now - new DateTimeOffset(File.GetLastWriteTimeUtc(Key)) < lifetime;
    }

    public void SaveCertificate(string line) => AtomicFile.Write(Certificate, line.Trim() + "\n");

    /// <summary>Writes the test that the ssh hook runs before it starts a program.</summary>
    public void SaveFreshness(DateTimeOffset refreshAt) => AtomicFile.Write(
        Fresh,
        "# Succeeds while the certificate beside it is the one written last and needs no refresh.\n"
        + "cert=${0%/*}/id_ed25519-cert.pub\n"
        + $"[ -e \"$cert\" ] && ! [ \"$cert\" -nt \"$0\" ] && [ \"$(date +%s)\" -lt {refreshAt.ToUnixTimeSeconds()} ]\n");

    /// <summary>Makes the next ssh command ask for a certificate, whatever the age of this one.</summary>
    public void MarkStale()
    {
        if (File.Exists(Fresh))
        {
            AtomicFile.Write(Fresh, "exit 1\n");
        }
    }

    public static byte[] Blob(string publicKeyLine)
    {
        var parts = publicKeyLine.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return parts.Length >= 2 ? Convert.FromBase64String(parts[1]) : throw new FormatException("not a public key file");
    }
}

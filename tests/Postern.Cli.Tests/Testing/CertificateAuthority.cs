namespace Postern.Cli.Tests.Testing;

/// <summary>A certificate authority made of ssh-keygen, so that certificates are the real thing.</summary>
internal sealed class CertificateAuthority : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("postern-ca-").FullName;
    private int _serial;

    public CertificateAuthority() => Tool.Require("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", KeyFile);

    public string PublicKeyFile => KeyFile + ".pub";

    private string KeyFile => Path.Combine(_directory, "ca");

    /// <summary>Signs a public key; extensions as <c>name@domain=value</c> or <c>name@domain</c>.</summary>
    public string Sign(string publicKey, string keyId, string validity = "-1m:+1h", params string[] extensions)
    {
        var work = Directory.CreateTempSubdirectory("postern-sign-").FullName;
        try
        {
            var file = Path.Combine(work, "key.pub");
            File.WriteAllText(file, publicKey + "\n");
            var serial = Interlocked.Increment(ref _serial);
            Tool.Require("ssh-keygen", ["-q", "-s", KeyFile, "-I", keyId, "-n", keyId, "-z", $"{serial}", "-V", validity, .. extensions.SelectMany(e => new[] { "-O", "extension:" + e }), file]);
            return File.ReadAllText(Path.Combine(work, "key-cert.pub")).Trim();
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}

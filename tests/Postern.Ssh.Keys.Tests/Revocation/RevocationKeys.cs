namespace Postern.Ssh.Keys.Tests;

/// <summary>Two authorities, four people's keys and a table of certificates, all by ssh-keygen, for the tests of one class.</summary>
public sealed class RevocationKeys : IDisposable
{
    /// <summary>Makes all of them.</summary>
    public RevocationKeys()
    {
        foreach (var (name, type) in new[] { ("ca1", "ed25519"), ("ca2", "ecdsa"), ("alice", "ed25519"), ("bob", "rsa"), ("carol", "ecdsa"), ("dave", "ed25519") })
        {
            Keygen.Generate(name, "-t", type);
        }

        Certify("ca1", "alice", "alice@example.com", 1);
        Certify("ca1", "bob", "bob@example.com", 100);
        Certify("ca2", "carol", "alice@example.com", 100);
        Certify("ca2", "dave", "dave, the second", 0);
        for (var serial = 200; serial < 210; serial++)
        {
            File.Copy(Keygen.PathOf("alice.pub"), Keygen.PathOf($"many{serial}.pub"));
            Certify("ca1", $"many{serial}", $"many {serial}", serial);
        }
    }

    internal SshKeygen Keygen { get; } = new();

    /// <inheritdoc/>
    public void Dispose() => Keygen.Dispose();

    private void Certify(string authority, string key, string keyId, int serial) =>
        Keygen.Run("-q", "-s", authority, "-I", keyId, "-n", "somebody", "-z", $"{serial}", key + ".pub");
}

using System.Security.Cryptography;
using Postern.Ssh.Keys;
using Postern.Ssh.Wire;

namespace Postern.Server.Composition;

/// <summary>
/// The gateway's own keys, files in OpenSSH's form under the names that an operator knows; those of an sshd can be put
/// in their place. Each gateway has its own; clients trust them by their host certificates.
/// </summary>
internal static class HostKeyFiles
{
    /// <summary>Bits of a new RSA key: as strong as the other two types, and what ssh-keygen makes.</summary>
    private const int RsaBits = 3072;

    private static readonly (string Name, string Type, Func<PrivateKey> Generate)[] Files =
    [
        ("ssh_host_ed25519_key", "ssh-ed25519", Ed25519PrivateKey.Generate),
        ("ssh_host_ecdsa_key", "ecdsa-sha2-nistp256", () => EcdsaPrivateKey.Generate("ecdsa-sha2-nistp256")),
        ("ssh_host_rsa_key", "ssh-rsa", () => RsaPrivateKey.Generate(RsaBits)),
    ];

    /// <summary>Where the keys are, best first.</summary>
    public static IEnumerable<string> Paths(string dataDirectory) => Files.Select(file => Path.Combine(dataDirectory, file.Name));

    /// <summary>
    /// Reads the keys, best first, and makes those that there are none of. Throws <see cref="IOException"/> when one
    /// cannot be read, is of another type than its name says, or may be read by others.
    /// </summary>
    public static IReadOnlyList<PrivateKey> OpenOrCreate(string dataDirectory)
    {
        var keys = new List<PrivateKey>();
        foreach (var (name, type, generate) in Files)
        {
            var path = Path.Combine(dataDirectory, name);
            if (!File.Exists(path))
            {
                Create(path, generate);
            }

            keys.Add(Open(path, type));
        }

        return keys;
    }

    /// <summary>Says which key a file holds or why it cannot be used; neither when there is no file. Makes nothing.</summary>
    public static (PublicKey? Key, string? Fault) Describe(string path)
    {
        if (!File.Exists(path))
        {
            return (null, null);
        }

        try
        {
            using var key = Open(path, Files.Single(file => file.Name == Path.GetFileName(path)).Type);
            return (key.PublicKey, null);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return (null, exception.Message);
        }
    }

    /// <summary>Reads a key; throws <see cref="IOException"/> with what to do when that does not succeed.</summary>
    private static PrivateKey Open(string path, string type)
    {
        const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        if ((File.GetUnixFileMode(path) & Others) != UnixFileMode.None)
        {
            throw new IOException($"The host key {path} may be read by others; make it its owner's alone: chmod 600 {path}");
        }

        var content = File.ReadAllBytes(path);
        try
        {
            var key = OpenSshPrivateKeyFile.Read(content);
            if (key.PublicKey.Type == type)
            {
                return key;
            }

            key.Dispose();
            throw new IOException($"The host key {path} is of type {key.PublicKey.Type} and not {type}; put it under its own name, or delete it to have a new one made.");
        }
        catch (WireFormatException exception)
        {
            throw new IOException($"The host key {path} cannot be used: {exception.Message}. Restore it from its backup, or delete it to have a new one made.", exception);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }

    // Written whole under another name first, so that a crash leaves no half key and a second process never sees one.
    private static void Create(string path, Func<PrivateKey> generate)
    {
        using var key = generate();
        var content = OpenSshPrivateKeyFile.Write(key, "postern");
        var temporary = $"{path}.{Guid.NewGuid():N}.new";
        try
        {
            using (var file = new FileStream(temporary, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }))
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another process was faster, and its key is the one.
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
            File.Delete(temporary);
        }
    }
}

using Postern.Ssh.Keys;

namespace Postern.Server.Composition;

/// <summary>
/// The gateway's own key, a file in OpenSSH's form as an operator knows it. Each gateway has one; clients trust it by its
/// host certificate.
/// </summary>
internal static class HostKeyFile
{
    /// <summary>Reads the key, or makes it when there is none. Throws when it cannot be read or others may read it.</summary>
    public static Ed25519PrivateKey OpenOrCreate(string dataDirectory)
    {
        var path = Path.Combine(dataDirectory, "ssh_host_ed25519_key");
        if (!File.Exists(path))
        {
            Create(path);
        }

        const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        if ((File.GetUnixFileMode(path) & Others) != UnixFileMode.None)
        {
            throw new IOException($"The host key {path} may be read by others; make it its owner's alone: chmod 600 {path}");
        }

        return OpenSshPrivateKeyFile.Read(File.ReadAllBytes(path));
    }

    // Written whole under another name first, so that a crash leaves no half key and a second process never sees one.
    private static void Create(string path)
    {
        using var key = Ed25519PrivateKey.Generate();
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
                file.Write(OpenSshPrivateKeyFile.Write(key, "postern"));
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
            File.Delete(temporary);
        }
    }
}

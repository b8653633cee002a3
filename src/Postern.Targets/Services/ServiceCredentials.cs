using System.Security.Cryptography;

namespace Postern.Targets.Services;

/// <summary>Generated passwords of services, each in a file that only the server reads.</summary>
internal static class ServiceCredentials
{
    private const int PasswordLength = 32;
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    /// <summary>Reads the password, or makes one that is on the disk before it is used.</summary>
    /// <exception cref="IOException">The file is damaged.</exception>
    internal static string ReadOrCreate(string path)
    {
        const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        if (File.Exists(path))
        {
            string known = File.ReadAllText(path).TrimEnd('\n');
            return known.Length == PasswordLength && known.All(char.IsAsciiLetterOrDigit)
                ? known
                : throw new IOException($"{path} does not hold a password; restore it from a backup.");
        }

        string password = RandomNumberGenerator.GetString(Alphabet, PasswordLength);
        string unfinished = path + ".new";
        using (var stream = new FileStream(
            unfinished,
            new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = Private }))
        using (var writer = new StreamWriter(stream))
        {
            writer.Write(password + "\n");
            writer.Flush();
            stream.Flush(flushToDisk: true);
        }

        File.Move(unfinished, path);
        return password;
    }
}

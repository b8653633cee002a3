using Postern.Directory.People;
using Postern.Ssh.Keys;
using Postern.Ssh.Wire;

namespace Postern.Api.SshKeys;

/// <summary>Reads what a person wants to register.</summary>
internal static class SshKeyReader
{
    /// <summary>The row for a line of a .pub file, or a sentence that says what is wrong with it.</summary>
    public static (SshKey? Key, string? Fault) Read(string? value, string? title, Guid userId, DateTimeOffset now)
    {
        if (string.IsNullOrWhiteSpace(value))
        {
            return (null, "'value' is missing; send the contents of the .pub file.");
        }

        if (value.Contains("PRIVATE KEY", StringComparison.Ordinal))
        {
            return (null, "This is a private key, which must never leave your machine; send the contents of the .pub file.");
        }

        try
        {
            var line = PublicKey.ParseAuthorizedKey(value);
            var name = Title(title, line.Comment, line.Key.Sha256Fingerprint);
            return (
                new SshKey
                {
                    UserId = userId,
                    Title = name,
                    Type = line.Key.Type,
                    Blob = line.Key.Blob.ToArray(),
                    Sha256Fingerprint = line.Key.Sha256Fingerprint,
                    Md5Fingerprint = line.Key.Md5Fingerprint,
                    CreatedAt = now,
                },
                null);
        }
        catch (WireFormatException exception)
        {
            return (null, $"This is not a public key that can be used here: {exception.Message}.");
        }
    }

    private static string Title(string? title, string comment, string fingerprint)
    {
        var wanted = string.IsNullOrWhiteSpace(title) ? comment : title;
        var shown = string.Concat(wanted.Where(c => !char.IsControl(c) && !char.IsSurrogate(c))).Trim();
        if (shown.Length == 0)
        {
            return fingerprint;
        }

        return shown.Length > SshKey.MaximumTitleLength ? shown[..SshKey.MaximumTitleLength] : shown;
    }
}

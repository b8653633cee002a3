using Postern.Authority.Signing;
using Postern.Directory.People;

namespace Postern.Api.SshKeys;

/// <summary>Reads what a person wants to register.</summary>
internal static class SshKeyReader
{
    /// <summary>The row for a line of a .pub file, or a sentence that says what is wrong with it.</summary>
    public static (SshKey? Key, string? Fault) Read(string? value, string? title, Guid userId, DateTimeOffset now) =>
        PastedKey.TryRead(value, out var pasted, out var fault)
            ? (new SshKey
            {
                UserId = userId,
                Title = SshKey.TitleFor(title, pasted.Comment, pasted.Key.Sha256Fingerprint),
                Type = pasted.Key.Type,
                Blob = pasted.Key.Blob.ToArray(),
                Sha256Fingerprint = pasted.Key.Sha256Fingerprint,
                Md5Fingerprint = pasted.Key.Md5Fingerprint,
                CreatedAt = now,
            }, null)
            : (null, fault);
}

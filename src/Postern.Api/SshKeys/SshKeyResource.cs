using Json = Postern.Contracts.Api;
using Row = Postern.Directory.People.SshKey;

namespace Postern.Api.SshKeys;

/// <summary>A registered key as JSON.</summary>
internal static class SshKeyResource
{
    public static Json.SshKey Of(Row key) => new()
    {
        KeyId = key.Id,
        Title = key.Title,
        Fingerprint = key.Md5Fingerprint,
        FingerprintSha256 = key.Sha256Fingerprint,
        Value = $"{key.Type} {Convert.ToBase64String(key.Blob)}",
        Changed = key.CreatedAt,
        LastUsedAt = key.LastUsedAt,
        LastUsedAddress = key.LastUsedAddress,
    };
}

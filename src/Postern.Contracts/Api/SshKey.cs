using System.Text.Json.Serialization;

namespace Postern.Contracts.Api;

/// <summary>A public key of an account: an item of <c>/me</c> and the answer of <c>/ssh_keys</c>.</summary>
public sealed record SshKey
{
    /// <summary>The number of the key.</summary>
    public long KeyId { get; set; }

    /// <summary>The name people gave it.</summary>
    public string Title { get; set; } = "";

    /// <summary>MD5 of the key blob in hexadecimal, without colons.</summary>
    public string Fingerprint { get; set; } = "";

    /// <summary>SHA-256 of the key blob as <c>SHA256:base64</c>, as <c>ssh-keygen -l</c> prints it.</summary>
    [JsonPropertyName("fingerprint_sha256")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? FingerprintSha256 { get; set; }

    /// <summary>The authorized_keys line; absent in lists.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Value { get; set; }

    /// <summary>When the key was added.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? Changed { get; set; }

    /// <summary>When the key last opened a connection.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? LastUsedAt { get; set; }

    /// <summary>The address it came from then.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? LastUsedAddress { get; set; }
}

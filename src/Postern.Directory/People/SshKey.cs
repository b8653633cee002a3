namespace Postern.Directory.People;

/// <summary>A public key that a person registered; it belongs to exactly one account and is usable at once.</summary>
public sealed class SshKey
{
    /// <summary>How many keys one account may have: enough for every device, few enough to list and to try.</summary>
    public const int MaximumPerUser = 100;

    /// <summary>Longest title, so that lists stay readable.</summary>
    public const int MaximumTitleLength = 255;

    /// <summary>Numeric id, as existing clients expect.</summary>
    public int Id { get; set; }

    /// <summary>The account the key belongs to.</summary>
    public Guid UserId { get; set; }

    /// <summary>Name that the person gave it; the comment of the key by default.</summary>
    public required string Title { get; set; }

    /// <summary>Algorithm name, such as <c>ssh-ed25519</c>.</summary>
    public required string Type { get; set; }

    /// <summary>The key in wire form (RFC 4253 section 6.6), unique over all accounts.</summary>
    public required byte[] Blob { get; set; }

    /// <summary>SHA-256 fingerprint as OpenSSH prints it: <c>SHA256:</c> and unpadded base64.</summary>
    public required string Sha256Fingerprint { get; set; }

    /// <summary>MD5 fingerprint as lower-case hex without colons, for existing clients only.</summary>
    public required string Md5Fingerprint { get; set; }

    /// <summary>When it was added.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>The title to store: what was wished for, else the comment, else the fingerprint; without control characters.</summary>
    public static string TitleFor(string? wanted, string comment, string fingerprint)
    {
        var text = string.IsNullOrWhiteSpace(wanted) ? comment : wanted;
        var shown = string.Concat(text.Where(c => !char.IsControl(c) && !char.IsSurrogate(c))).Trim();
        if (shown.Length == 0)
        {
            return fingerprint;
        }

        return shown.Length > MaximumTitleLength ? shown[..MaximumTitleLength] : shown;
    }

    /// <summary>Last accepted authentication with it, or null.</summary>
    public DateTimeOffset? LastUsedAt { get; set; }

    /// <summary>Address of the last use, or null.</summary>
    public string? LastUsedAddress { get; set; }
}

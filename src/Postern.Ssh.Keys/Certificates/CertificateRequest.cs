namespace Postern.Ssh.Keys;

/// <summary>What a certificate is to say, before an authority signs it.</summary>
public sealed record CertificateRequest
{
    /// <summary>The key to certify.</summary>
    public required PublicKey Key { get; init; }

    /// <summary>Whether it vouches for a person or a server.</summary>
    public required CertificateType Type { get; init; }

    /// <summary>The authority's number for it.</summary>
    public required ulong Serial { get; init; }

    /// <summary>The authority's name for the holder.</summary>
    public required string KeyId { get; init; }

    /// <summary>The names that the holder may go by; at least one.</summary>
    public required IReadOnlyList<string> Principals { get; init; }

    /// <summary>The first second in which it holds, since 1970.</summary>
    public required ulong ValidAfter { get; init; }

    /// <summary>The first second in which it no longer does; after <see cref="ValidAfter"/>.</summary>
    public required ulong ValidBefore { get; init; }

    /// <summary>What limits it, in any order, each name once.</summary>
    public IReadOnlyCollection<CertificateOption> CriticalOptions { get; init; } = [];

    /// <summary>What it permits or tells, in any order, each name once.</summary>
    public IReadOnlyCollection<CertificateOption> Extensions { get; init; } = [];
}

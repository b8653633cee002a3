namespace Postern.Cli.Configuration;

/// <summary>The validated settings of one run: which server, which names, how ssh is set up.</summary>
internal sealed record VendorConfig
{
    public required string ApplicationName { get; init; }

    public required string Slug { get; init; }

    public required string Executable { get; init; }

    public required string EnvironmentPrefix { get; init; }

    public required string UserConfigDirectory { get; init; }

    public string? WritableUserDirectory { get; init; }

    public required bool IsBrowserLogin { get; init; }

    public required string ServiceName { get; init; }

    public required string ServiceEnvironmentPrefix { get; init; }

    public required string ProjectConfigDirectory { get; init; }

    public string? ConsoleUrl { get; init; }

    /// <summary>The API; null until a server was named.</summary>
    public string? BaseUrl { get; init; }

    public string? AuthUrl { get; init; }

    public string? CertifierUrl { get; init; }

    public required string ClientId { get; init; }

    public string? AuthorizeUrl { get; init; }

    public string? TokenUrl { get; init; }

    public string? RevokeUrl { get; init; }

    public string? DeviceAuthorizationUrl { get; init; }

    public string? VendorFilter { get; init; }

    public string? ApiToken { get; init; }

    public string? ApiTokenFile { get; init; }

    public string? AccessToken { get; init; }

    public string? SessionId { get; init; }

    public required TimeSpan Timeout { get; init; }

    public bool SkipTls { get; init; }

    public bool DisableLocks { get; init; }

    public bool IsDebug { get; init; }

    public string? UserAgent { get; init; }

    public required IReadOnlyList<string> DomainWildcards { get; init; }

    public required IReadOnlyList<string> HostKeys { get; init; }

    public string? HostKeysFile { get; init; }

    public required IReadOnlyList<string> SshOptions { get; init; }

    /// <summary>Null asks the person.</summary>
    public bool? WriteUserSshConfig { get; init; }

    public required bool AutoLoadCertificate { get; init; }

    public bool AddToAgent { get; init; }

    /// <summary>How long a key pair is kept: zero is for ever, negative makes a new one each time.</summary>
    public required TimeSpan KeyLifetime { get; init; }

    public required string GitRemoteName { get; init; }

    public string? GitDomain { get; init; }

    public required IReadOnlyList<string> SiteDomains { get; init; }

    public required string ClusterHeader { get; init; }
}

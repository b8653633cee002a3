namespace Postern.Directory.Sessions;

/// <summary>Names of the claims by which a request says that it comes from an API token, and with what scope.</summary>
public static class TokenClaim
{
    /// <summary>The token's id.</summary>
    public const string Id = "api_token";

    /// <summary>The only project that it reaches; absent for all.</summary>
    public const string Project = "token_project";

    /// <summary>Present when it may only look.</summary>
    public const string ReadOnly = "token_read_only";
}

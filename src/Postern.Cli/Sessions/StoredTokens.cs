namespace Postern.Cli.Sessions;

/// <summary>The tokens of a session as they lie on disk.</summary>
internal sealed record StoredTokens
{
    public string AccessToken { get; set; } = "";

    public string TokenType { get; set; } = "bearer";

    /// <summary>When the access token ends, in unix seconds.</summary>
    public long Expires { get; set; }

    public string? RefreshToken { get; set; }

    // Never the tokens themselves.
    public override string ToString() => $"tokens until {Expires}";
}

namespace Postern.Cli.Sessions;

/// <summary>The tokens of a session as they lie on disk.</summary>
internal sealed record StoredTokens
{
    public string AccessToken { get; init; } = "";

    public string TokenType { get; init; } = "bearer";

    /// <summary>When the access token ends, in unix seconds.</summary>
    public long Expires { get; init; }

    public string? RefreshToken { get; init; }

    // Never the tokens themselves.
    public override string ToString() => $"tokens until {Expires}";
}

namespace Postern.Cli.Login;

/// <summary>What the browser brought back: a code, or the server's refusal.</summary>
internal sealed record LoopbackResult(string? Code, string? Error, string? Description, string? Hint)
{
    public static LoopbackResult Accepted(string code) => new(code, null, null, null);

    public static LoopbackResult Refused(string error, string? description, string? hint) => new(null, error, description, hint);
}

namespace Postern.Login.Accounts;

/// <summary>What opens an account beside its password.</summary>
/// <param name="SshKeys">SSH keys.</param>
/// <param name="ApiTokens">API tokens that are not revoked.</param>
/// <param name="Passkeys">Passkeys.</param>
/// <param name="Apps">Authenticator apps: one or none.</param>
public sealed record AccountBelongings(int SshKeys, int ApiTokens, int Passkeys, int Apps)
{
    /// <summary>Whether there is anything.</summary>
    public bool Any => SshKeys + ApiTokens + Passkeys + Apps > 0;

    /// <summary>In words, such as <c>1 SSH key and 2 passkeys</c>; empty when there is nothing.</summary>
    public override string ToString()
    {
        (int Count, string One)[] all = [(SshKeys, "SSH key"), (ApiTokens, "API token"), (Passkeys, "passkey"), (Apps, "authenticator app")];
        List<string> parts = [.. all.Where(part => part.Count > 0).Select(part => $"{part.Count} {part.One}{(part.Count == 1 ? "" : "s")}")];
        return parts.Count < 2 ? string.Concat(parts) : $"{string.Join(", ", parts[..^1])} and {parts[^1]}";
    }
}

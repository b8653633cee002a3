using Postern.Directory.People;
using Postern.Directory.Rules;
using Postern.Directory.Sessions;

namespace Postern.Login.Sessions;

/// <summary>A session that holds now, with the person it belongs to.</summary>
/// <param name="Session">The session.</param>
/// <param name="User">The person.</param>
/// <param name="Token">The API token that it comes from, or null when a person signed in.</param>
internal sealed record LiveSession(Session Session, User User, ApiToken? Token)
{
    /// <summary>Name of the provider that the person has to sign in at, or null for none.</summary>
    public string? RequiredProvider { get; init; }

    /// <summary>True when the person has to sign in at a provider and this session did not begin there: it opens nothing.</summary>
    public bool LacksSso => RequiredProvider is { } provider && !SignInProof.Of(Session.Amr).IsBy(provider);

    /// <summary>How much of the account's rights it has.</summary>
    public TokenScope Scope => Token?.Scope ?? TokenScope.Full;
}

using Postern.Directory.Rules;
using Postern.Directory.Sessions;

namespace Postern.Directory.Routing;

/// <summary>A session as it stands now.</summary>
/// <param name="Id">The session.</param>
/// <param name="Person">Whose it is.</param>
/// <param name="State">Whether it still counts.</param>
/// <param name="Proof">What the sign-in proved.</param>
/// <param name="Token">The scope of the API token that it comes from, or null when a person signed in.</param>
public sealed record SessionSnapshot(Guid Id, Person Person, SessionState State, SignInProof Proof, TokenScope? Token = null)
{
    /// <summary>True when the session counts and its account is not disabled.</summary>
    public bool IsValid => State == SessionState.Live && !Person.IsDisabled;
}

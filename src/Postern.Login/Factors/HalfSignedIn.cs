using Postern.Directory.People;
using Postern.Login.SingleSignOn;

namespace Postern.Login.Factors;

/// <summary>Somebody who still owes the second factor.</summary>
/// <param name="User">Who it is.</param>
/// <param name="Amr">What they proved so far, separated by spaces.</param>
/// <param name="Sso">What the session will owe to a sign-in at a provider, or null.</param>
internal sealed record HalfSignedIn(User User, string Amr, SsoSession? Sso);

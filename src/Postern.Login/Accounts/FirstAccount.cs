using Postern.Login.Factors;

namespace Postern.Login.Accounts;

/// <summary>What the first person of a server says.</summary>
/// <param name="Code">The setup code.</param>
/// <param name="Email">E-mail address.</param>
/// <param name="FirstName">Given name, may be empty.</param>
/// <param name="LastName">Family name, may be empty.</param>
/// <param name="Password">The password; of no account when there is a passkey.</param>
/// <param name="Organization">What the first organization is called.</param>
/// <param name="Passkey">The passkey that opens the account in place of a password, or null.</param>
internal sealed record FirstAccount(string Code, string Email, string FirstName, string LastName, string Password, string Organization, FirstPasskey? Passkey = null);

namespace Postern.Login.Accounts;

/// <summary>An account to be made.</summary>
/// <param name="Email">E-mail address; it is the user name too.</param>
/// <param name="FirstName">Given name, may be empty.</param>
/// <param name="LastName">Family name, may be empty.</param>
/// <param name="Password">The first password, at least 12 characters.</param>
public sealed record NewAccount(string Email, string FirstName, string LastName, string Password);

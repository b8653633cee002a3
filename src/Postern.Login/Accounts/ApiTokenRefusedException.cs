namespace Postern.Login.Accounts;

/// <summary>An API token cannot be made as wanted; the message says why, for people.</summary>
public sealed class ApiTokenRefusedException(string message) : Exception(message);

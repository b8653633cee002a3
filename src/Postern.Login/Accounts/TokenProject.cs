namespace Postern.Login.Accounts;

/// <summary>A project that an API token may be held to.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Title">Its name for people.</param>
public sealed record TokenProject(string Id, string Title);

namespace Postern.Directory.Routing;

/// <summary>Who an account is.</summary>
/// <param name="Id">The account.</param>
/// <param name="DisplayName">Name for refusals and greetings.</param>
/// <param name="IsDisabled">True when it may do nothing.</param>
public sealed record Person(Guid Id, string DisplayName, bool IsDisabled);

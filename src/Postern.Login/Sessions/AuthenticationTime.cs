namespace Postern.Login.Sessions;

/// <summary>When a person proved who they are, where nobody can say.</summary>
internal static class AuthenticationTime
{
    /// <summary>
    /// <c>auth_time</c> of a sign-in at a provider that does not say when the person proved who they are there: so long ago that it
    /// counts as recent for nothing.
    /// </summary>
    public static readonly DateTimeOffset Unknown = DateTimeOffset.UnixEpoch;
}

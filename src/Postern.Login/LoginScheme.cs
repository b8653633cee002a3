namespace Postern.Login;

/// <summary>Names by which other rooms ask for a signed-in caller.</summary>
public static class LoginScheme
{
    /// <summary>
    /// The authentication scheme of access tokens, the default of the host: <c>RequireAuthorization()</c> on an endpoint is
    /// enough. The caller's principal has the claims <c>sub</c> (user id), <c>sid</c> (session id), <c>jti</c>,
    /// <c>client_id</c>, <c>grant</c>, <c>auth_time</c> and one <c>amr</c> for each method.
    /// </summary>
    public const string Bearer = "Bearer";
}

using Microsoft.AspNetCore.Http.Extensions;

namespace Postern.Login.OAuth;

/// <summary>Builds the URL that carries the outcome back to the client (RFC 6749 section 4.1.2, RFC 9207).</summary>
internal static class RedirectAnswer
{
    public static string WithCode(string issuer, string redirectUri, string? state, string code) =>
        Build(issuer, redirectUri, state, new() { { "code", code } });

    public static string WithError(string issuer, string redirectUri, string? state, OAuthError error) =>
        Build(issuer, redirectUri, state, new() { { "error", error.Code }, { "error_description", error.Description } });

    private static string Build(string issuer, string redirectUri, string? state, QueryBuilder query)
    {
        if (state is not null)
        {
            query.Add("state", state);
        }

        query.Add("iss", issuer);

        // A registered URI without a path gets one, since not every listener understands "host:port?query".
        var hasPath = redirectUri.IndexOf('/', redirectUri.IndexOf("://", StringComparison.Ordinal) + 3) >= 0;
        return redirectUri + (hasPath ? "" : "/") + query;
    }
}

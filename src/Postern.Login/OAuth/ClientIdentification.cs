using System.Net.Http.Headers;
using System.Text;

namespace Postern.Login.OAuth;

/// <summary>
/// Finds out which client makes a request: from HTTP Basic with an empty password, or from the body (RFC 6749 section 2.3.1).
/// Public clients have no secret, so this identifies and does not authenticate.
/// </summary>
internal sealed class ClientIdentification(LoginOptions options)
{
    /// <summary>The client, or what is wrong. Exactly one of the two is not null.</summary>
    public (OAuthClient? Client, OAuthError? Error) Identify(HttpContext context, OAuthParameters parameters)
    {
        var headers = context.Request.Headers.Authorization;
        string? fromHeader = null;
        if (headers.Count > 0 && !TryReadPublic(headers.ToString(), out fromHeader, out var fault))
        {
            return (null, fault);
        }

        var fromBody = parameters["client_id"];
        if (parameters["client_secret"] is not null)
        {
            return (null, UnwantedSecret);
        }

        if (fromHeader is not null && fromBody is not null && fromHeader != fromBody)
        {
            return (null, OAuthError.InvalidRequest("The client ids in the Authorization header and in the body differ."));
        }

        if ((fromHeader ?? fromBody) is not { } id)
        {
            return (null, new(OAuthErrorCode.InvalidClient, "The client is not named: send client_id, or Basic with the client id and no password."));
        }

        return options.Clients.FirstOrDefault(client => client.Id == id) is { } found
            ? (found, null)
            : (null, new(OAuthErrorCode.InvalidClient, "This client is not registered with this server."));
    }

    private static OAuthError UnwantedSecret { get; } =
        new(OAuthErrorCode.InvalidClient, "Clients of this server are public and have no secret.");

    private static bool TryReadPublic(string header, out string? clientId, out OAuthError? fault)
    {
        clientId = null;
        fault = null;
        if (!TryReadBasic(header, out var id, out var secret))
        {
            fault = new(OAuthErrorCode.InvalidClient, "The Authorization header must be 'Basic' with the client id and no password.");
            return false;
        }

        if (secret.Length > 0)
        {
            fault = UnwantedSecret;
            return false;
        }

        clientId = id;
        return true;
    }

    /// <summary>Client id and secret of HTTP Basic, each form-encoded by itself (RFC 6749 section 2.3.1).</summary>
    internal static bool TryReadBasic(string header, out string clientId, out string secret)
    {
        (clientId, secret) = ("", "");
        if (!AuthenticationHeaderValue.TryParse(header, out var value)
            || !value.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase)
            || !TryDecode(value.Parameter ?? "", out var text)
            || text.IndexOf(':', StringComparison.Ordinal) is var colon && colon < 1)
        {
            return false;
        }

        clientId = Decode(text[..colon]);
        secret = Decode(text[(colon + 1)..]);
        return true;

        static string Decode(string encoded) => Uri.UnescapeDataString(encoded.Replace('+', ' '));
    }

    private static bool TryDecode(string base64, out string text)
    {
        text = "";
        var bytes = new byte[LoginLimits.Parameter];
        if (!Convert.TryFromBase64String(base64, bytes, out var length))
        {
            return false;
        }

        text = Encoding.UTF8.GetString(bytes, 0, length);
        return true;
    }
}

using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Postern.Directory.SingleSignOn;
using Postern.Login.Factors;

namespace Postern.Login.OAuth;

/// <summary>Turns the query of <c>/oauth2/authorize</c> into a request, one rule of the RFCs after the other.</summary>
internal sealed class AuthorizationRequestReader(IReadOnlyList<OAuthClient> clients)
{
    /// <summary>The request, or the first rule it breaks. Exactly one of the two is not null.</summary>
    public (AuthorizationRequest? Request, AuthorizationRefusal? Refusal) Read(OAuthParameters parameters)
    {
        if (FindClient(parameters, out var client) is { } clientFault)
        {
            return (null, new(clientFault));
        }

        if (FindRedirectUri(parameters, client, out var redirectUri) is { } redirectFault)
        {
            return (null, new(redirectFault));
        }

        // From here on the client may be told.
        if (CheckState(parameters, out var state) is { } stateFault)
        {
            return (null, new(stateFault, redirectUri));
        }

        var fault = CheckNoneRepeated(parameters)
            ?? CheckLengths(parameters)
            ?? CheckResponseType(parameters)
            ?? CheckResponseMode(parameters)
            ?? CheckNoRequestObject(parameters)
            ?? CheckChallenge(parameters)
            ?? CheckMethods(parameters)
            ?? ReadPrompt(parameters, out _)
            ?? ReadMaxAge(parameters, out _);
        if (fault is not null)
        {
            return (null, new(fault, redirectUri, state));
        }

        ReadPrompt(parameters, out var prompt);
        ReadMaxAge(parameters, out var maxAge);
        return (new AuthorizationRequest
        {
            Client = client,
            RedirectUri = redirectUri,
            State = state,
            CodeChallenge = parameters["code_challenge"]!,
            Scope = ReadScope(parameters),
            Prompt = prompt,
            MaxAge = maxAge,
            RequiredMethods = ReadMethods(parameters),
        }, null);
    }

    private OAuthError? FindClient(OAuthParameters parameters, [NotNull] out OAuthClient? client)
    {
        client = OAuthClient.CommandLine;
        if (parameters.IsRepeated("client_id"))
        {
            return OAuthError.InvalidRequest("The parameter client_id was sent more than once.");
        }

        if (parameters["client_id"] is not { } id)
        {
            return OAuthError.InvalidRequest("The parameter client_id is missing.");
        }

        if (clients.FirstOrDefault(candidate => candidate.Id == id) is not { } found)
        {
            return new(OAuthErrorCode.UnauthorizedClient, "The application that sent you here is not registered with this server.");
        }

        client = found;
        return null;
    }

    /// <summary>RFC 9700 section 4.1: the URI is compared as text with the registered ones and always sent.</summary>
    private static OAuthError? FindRedirectUri(OAuthParameters parameters, OAuthClient client, out string redirectUri)
    {
        redirectUri = parameters["redirect_uri"] ?? "";
        if (parameters.IsRepeated("redirect_uri"))
        {
            return OAuthError.InvalidRequest("The parameter redirect_uri was sent more than once.");
        }

        if (redirectUri.Length == 0)
        {
            return OAuthError.InvalidRequest("The parameter redirect_uri is missing.");
        }

        return client.MayRedirectTo(redirectUri)
            ? null
            : OAuthError.InvalidRequest("The address to return to (redirect_uri) is not one that this application registered.");
    }

    private static OAuthError? CheckState(OAuthParameters parameters, out string? state)
    {
        state = null;
        if (parameters.IsRepeated("state"))
        {
            return OAuthError.InvalidRequest("The parameter state was sent more than once.");
        }

        if (parameters["state"] is { Length: > LoginLimits.State })
        {
            return OAuthError.InvalidRequest($"The parameter state is longer than {LoginLimits.State} characters.");
        }

        state = parameters["state"];
        return null;
    }

    private static OAuthError? CheckNoneRepeated(OAuthParameters parameters) =>
        parameters.FirstRepeated is { } name
            ? OAuthError.InvalidRequest($"The parameter {Printable(name)} was sent more than once.")
            : null;

    private static OAuthError? CheckLengths(OAuthParameters parameters) =>
        parameters.FirstLongerThan(LoginLimits.Parameter, "state") is { } name
            ? OAuthError.InvalidRequest($"The parameter {Printable(name)} is longer than {LoginLimits.Parameter} characters.")
            : null;

    private static OAuthError? CheckResponseType(OAuthParameters parameters) => parameters["response_type"] switch
    {
        "code" => null,
        null => OAuthError.InvalidRequest("The parameter response_type is missing."),
        _ => new(OAuthErrorCode.UnsupportedResponseType, "Only response_type=code is supported."),
    };

    private static OAuthError? CheckResponseMode(OAuthParameters parameters) =>
        parameters["response_mode"] is null or "query"
            ? null
            : OAuthError.InvalidRequest("Only response_mode=query is supported.");

    /// <summary>Ignoring a request object would drop what the client signed, so RFC 9101 section 5 wants it refused.</summary>
    private static OAuthError? CheckNoRequestObject(OAuthParameters parameters) =>
        parameters["request"] is null && parameters["request_uri"] is null
            ? null
            : OAuthError.InvalidRequest("Request objects (request, request_uri) are not supported.");

    /// <summary>RFC 7636 section 4.4.1; the method plain is not offered (RFC 9700 section 2.1.1).</summary>
    private static OAuthError? CheckChallenge(OAuthParameters parameters)
    {
        if (parameters["code_challenge"] is not { } challenge)
        {
            return OAuthError.InvalidRequest("The parameter code_challenge is missing: PKCE (RFC 7636) is required.");
        }

        if (parameters["code_challenge_method"] != Pkce.Method)
        {
            return OAuthError.InvalidRequest("The parameter code_challenge_method must be S256.");
        }

        return Pkce.IsWellFormedChallenge(challenge)
            ? null
            : OAuthError.InvalidRequest("The parameter code_challenge is not the base64url text of a SHA-256 hash.");
    }

    /// <summary>A method or class that this server cannot ask for is refused, not passed over (RFC 9470 section 5).</summary>
    internal static OAuthError? CheckMethods(OAuthParameters parameters) =>
        Words(parameters["amr"]).All(IsKnown)
        && (parameters["acr_values"] is not { } classes || Words(classes).Any(IsKnown))
        && Providers(parameters).Count <= 1 // One sign-in comes from one provider.
            ? null
            : Unmet;

    /// <summary>What a client hears that asks for more than can be.</summary>
    internal static OAuthError Unmet => new(
        OAuthErrorCode.UnmetRequirements, "This server can ask for the authentication methods pwd, mfa and sso with one of its providers, and for no other.");

    /// <summary>
    /// What the sign-in has to have in it, beyond what every one has. All methods of amr are asked for; the classes of acr_values are in
    /// order of preference, and the first that we know counts.
    /// </summary>
    internal static IReadOnlyList<string> ReadMethods(OAuthParameters parameters) =>
    [
        .. Words(parameters["amr"]).Append(Words(parameters["acr_values"]).FirstOrDefault(IsKnown) ?? AuthenticationMethods.Password)
            .Where(method => method != AuthenticationMethods.Password).Distinct(StringComparer.Ordinal),
    ];

    private static List<string> Providers(OAuthParameters parameters) =>
        [.. ReadMethods(parameters).Select(SsoMethod.ProviderOf).OfType<string>().Where(name => name != "*")];

    private static bool IsKnown(string method) =>
        method is AuthenticationMethods.Password or AuthenticationMethods.MultiFactor or SsoMethod.Any
        || (SsoMethod.ProviderOf(method) is { } provider && SsoMethod.IsName(provider));

    private static string[] Words(string? text) => (text ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static OAuthError? ReadPrompt(OAuthParameters parameters, out Prompts prompt)
    {
        prompt = Prompts.Unspecified;
        foreach (var word in (parameters["prompt"] ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            switch (word)
            {
                case "none": prompt |= Prompts.Silent; break;
                case "login": prompt |= Prompts.Login; break;
                case "consent": prompt |= Prompts.Consent; break;
                case "select_account": prompt |= Prompts.SelectAccount; break;
                default: return OAuthError.InvalidRequest("The parameter prompt may hold none, login, consent and select_account.");
            }
        }

        return prompt.HasFlag(Prompts.Silent) && prompt != Prompts.Silent
            ? OAuthError.InvalidRequest("prompt=none cannot be combined with other prompts.")
            : null;
    }

    internal static OAuthError? ReadMaxAge(OAuthParameters parameters, out TimeSpan? maxAge)
    {
        maxAge = null;
        if (parameters["max_age"] is not { } text)
        {
            return null;
        }

        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
        {
            return OAuthError.InvalidRequest("The parameter max_age must be a whole number of seconds.");
        }

        maxAge = TimeSpan.FromSeconds(seconds);
        return null;
    }

    internal static string ReadScope(OAuthParameters parameters) =>
        (parameters["scope"] ?? "").Split(' ').Contains(OAuthScopes.OfflineAccess, StringComparer.Ordinal)
            ? OAuthScopes.OfflineAccess
            : "";

    /// <summary>Parameter names come from outside and are repeated in errors, so only plain short ones are.</summary>
    private static string Printable(string name) =>
        name.Length <= 40 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-') ? name : "with an unknown name";
}

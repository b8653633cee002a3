using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Postern.Directory.SingleSignOn;

namespace Postern.Login.SingleSignOn;

/// <summary>Exchanges codes and refresh tokens at a provider (OpenID Connect Core sections 3.1.3 and 12).</summary>
internal sealed class ProviderTokens(ProviderHttp http, ProviderDocuments documents, IdTokenReader reader, SsoProtection protection)
{
    /// <summary>What a code gives: who the person is, and a refresh token if there is one. Throws <see cref="ProviderException"/>.</summary>
    public async Task<(IdToken Token, string? RefreshToken)> RedeemAsync(
        IdentityProvider provider, string code, string verifier, string redirectUri, string nonce, CancellationToken cancellationToken)
    {
        var metadata = await documents.GetMetadataAsync(provider.Issuer, cancellationToken);
        var answer = await AskAsync(
            provider,
            metadata,
            new() { ["grant_type"] = "authorization_code", ["code"] = code, ["redirect_uri"] = redirectUri, ["code_verifier"] = verifier },
            cancellationToken);
        var accessToken = Token(answer, "access_token");
        var text = Token(answer, "id_token") ?? throw new ProviderException(ProviderFailure.Invalid, "The provider gave no ID token.");
        var token = await reader.ReadAsync(text, provider, nonce, accessToken, cancellationToken);
        if (token.Email is null && metadata.UserInfoEndpoint is { } userInfo && accessToken is not null)
        {
            token = IdTokenReader.AddUserInfo(token, await http.GetAsync(userInfo, accessToken, cancellationToken));
        }

        return (token, Token(answer, "refresh_token"));
    }

    /// <summary>
    /// Asks whether a sign-in still holds. The next refresh token, if there is one; throws <see cref="ProviderException"/> when it does
    /// not hold or cannot be asked.
    /// </summary>
    /// <param name="provider">The provider.</param>
    /// <param name="refreshToken">The newest refresh token of the sign-in.</param>
    /// <param name="subjects">Who the person is there: an answer about somebody else is no answer.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<string?> RefreshAsync(
        IdentityProvider provider, string refreshToken, IReadOnlyCollection<string> subjects, CancellationToken cancellationToken)
    {
        var metadata = await documents.GetMetadataAsync(provider.Issuer, cancellationToken);
        var answer = await AskAsync(
            provider, metadata, new() { ["grant_type"] = "refresh_token", ["refresh_token"] = refreshToken }, cancellationToken);
        if (Token(answer, "access_token") is null)
        {
            throw new ProviderException(ProviderFailure.Invalid, "The provider gave no access token.");
        }

        var next = Token(answer, "refresh_token");
        if (Token(answer, "id_token") is { } text && !subjects.Contains(await ReadSubjectAsync(text, provider, next, cancellationToken), StringComparer.Ordinal))
        {
            throw new ProviderException(ProviderFailure.Refused, "The provider's answer is about somebody else.") { Code = "invalid_grant" };
        }

        return next;
    }

    private async Task<string> ReadSubjectAsync(string text, IdentityProvider provider, string? next, CancellationToken cancellationToken)
    {
        try
        {
            return (await reader.ReadAsync(text, provider, null, null, cancellationToken)).Subject;
        }
        catch (ProviderException exception)
        {
            // The refresh token that was sent is used up by now.
            throw new ProviderException(exception.Failure, exception.Message, exception) { RefreshToken = next };
        }
    }

    private Task<JsonElement> AskAsync(
        IdentityProvider provider, ProviderMetadata metadata, Dictionary<string, string> form, CancellationToken cancellationToken)
    {
        var secret = protection.UnprotectSecret(provider);
        if (metadata.WantsSecretInForm)
        {
            form["client_id"] = provider.ClientId;
            form["client_secret"] = secret;
            return http.PostAsync(metadata.TokenEndpoint, form, null, cancellationToken);
        }

        // RFC 6749 section 2.3.1: both parts are encoded as in a form first.
        var credentials = Convert.ToBase64String(Encoding.ASCII.GetBytes($"{Encode(provider.ClientId)}:{Encode(secret)}"));
        return http.PostAsync(metadata.TokenEndpoint, form, new AuthenticationHeaderValue("Basic", credentials), cancellationToken);
    }

    private static string Encode(string text) => Uri.EscapeDataString(text).Replace("%20", "+", StringComparison.Ordinal);

    private static string? Token(JsonElement answer, string name) =>
        answer.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
        && value.GetString() is { Length: > 0 and <= SsoLimits.ProviderToken } text
            ? text
            : null;
}

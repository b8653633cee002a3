using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Postern.Login.OAuth;

/// <summary>
/// Reads the parameters of a token or revocation request, from a form (RFC 6749) or from a flat JSON object, which some
/// existing clients send.
/// </summary>
internal static class OAuthRequestBody
{
    /// <summary>The parameters, or what is wrong with the body. Exactly one of the two is not null.</summary>
    public static async Task<(OAuthParameters? Parameters, OAuthError? Error)> ReadAsync(HttpContext context)
    {
        if (context.Request.ContentLength > LoginLimits.BodyBytes)
        {
            return (null, TooLong);
        }

        LimitBody(context);
        try
        {
            var pairs = context.Request.HasJsonContentType() ? await ReadJsonAsync(context)
                : IsForm(context) ? await ReadFormAsync(context)
                : null;
            if (pairs is null)
            {
                return (null, OAuthError.InvalidRequest("The body must be a form (application/x-www-form-urlencoded) or a JSON object of texts."));
            }

            var parameters = new OAuthParameters(pairs);
            return (CheckNoneRepeated(parameters) ?? CheckLengths(parameters)) is { } fault ? (null, fault) : (parameters, null);
        }
        catch (Exception e) when (e is InvalidDataException or BadHttpRequestException)
        {
            return (null, TooLong);
        }
    }

    private static OAuthError TooLong { get; } =
        OAuthError.InvalidRequest($"The body is longer than {LoginLimits.BodyBytes} bytes or has more than {LoginLimits.FormFields} fields.");

    private static bool IsForm(HttpContext context) =>
        context.Request.ContentType?.Split(';')[0].Trim().Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) == true;

    private static void LimitBody(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            feature.MaxRequestBodySize = LoginLimits.BodyBytes;
        }
    }

    private static async Task<IEnumerable<KeyValuePair<string, StringValues>>> ReadFormAsync(HttpContext context)
    {
        context.Features.Set<IFormFeature>(new FormFeature(context.Request, new FormOptions
        {
            ValueCountLimit = LoginLimits.FormFields,
            ValueLengthLimit = LoginLimits.BodyBytes,
            BufferBodyLengthLimit = LoginLimits.BodyBytes,
        }));
        return await context.Request.ReadFormAsync(context.RequestAborted);
    }

    private static async Task<IEnumerable<KeyValuePair<string, StringValues>>?> ReadJsonAsync(HttpContext context)
    {
        var bytes = await BoundedBody.ReadAsync(context.Request.Body, LoginLimits.BodyBytes, context.RequestAborted)
            ?? throw new InvalidDataException("The body is too long.");
        try
        {
            using var document = JsonDocument.Parse(bytes);
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || document.RootElement.EnumerateObject().Any(p => p.Value.ValueKind is not (JsonValueKind.String or JsonValueKind.Null)))
            {
                return null;
            }

            return document.RootElement.EnumerateObject()
                .Where(property => property.Value.ValueKind == JsonValueKind.String)
                .GroupBy(property => property.Name, StringComparer.Ordinal)
                .Select(same => new KeyValuePair<string, StringValues>(
                    same.Key, new StringValues([.. same.Select(property => property.Value.GetString())])))
                .ToList();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null; // Not JSON, or a text that is not Unicode.
        }
    }

    private static OAuthError? CheckNoneRepeated(OAuthParameters parameters) =>
        parameters.FirstRepeated is null ? null : OAuthError.InvalidRequest("A parameter was sent more than once.");

    private static OAuthError? CheckLengths(OAuthParameters parameters) =>
        parameters.FirstLongerThan(LoginLimits.Token) is null ? null : OAuthError.InvalidRequest("A parameter is too long.");
}

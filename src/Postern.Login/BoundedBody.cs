using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Postern.Login;

/// <summary>Reads a body that may not be longer than a limit, whatever its headers claim.</summary>
internal static class BoundedBody
{
    /// <summary>The bytes, or null when there are more than <paramref name="limit"/>.</summary>
    public static async Task<byte[]?> ReadAsync(Stream body, int limit, CancellationToken cancellationToken)
    {
        var buffer = new byte[limit + 1];
        var length = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return length > limit ? null : buffer[..length];
    }

    /// <summary>The body of an API call; null when it is longer than <see cref="LoginLimits.BodyBytes"/>, or not the JSON that is expected.</summary>
    public static async Task<T?> ReadJsonAsync<T>(HttpContext context, JsonTypeInfo<T> type)
        where T : class
    {
        if (!context.Request.HasJsonContentType()
            || await ReadAsync(context.Request.Body, LoginLimits.BodyBytes, context.RequestAborted) is not { } body)
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(body, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

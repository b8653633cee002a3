using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Postern.Api;

/// <summary>Reads the bodies of requests: JSON objects of a bounded size, of which only the named properties count.</summary>
internal static class JsonBody
{
    /// <summary>Largest body in bytes: the longest RSA key there is, in base64 in JSON, with room to spare.</summary>
    public const int MaximumSize = 64 * 1024;

    /// <summary>The body, or a sentence that says what is wrong with it.</summary>
    /// <param name="http">The request.</param>
    /// <param name="type">What is expected.</param>
    /// <param name="example">A body that would do, for the sentence.</param>
    public static async Task<(T? Body, string? Fault)> ReadAsync<T>(HttpContext http, JsonTypeInfo<T> type, string example)
        where T : class
    {
        var buffer = new byte[MaximumSize + 1];
        var length = await http.Request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, http.RequestAborted);
        if (length > MaximumSize)
        {
            return (null, $"The request is larger than {MaximumSize} bytes.");
        }

        try
        {
            var body = JsonSerializer.Deserialize(buffer.AsSpan(0, length), type);
            return body is null ? (null, $"The request is empty; send {example}.") : (body, null);
        }
        catch (JsonException)
        {
            return (null, $"The request is not the JSON that is expected: {example}.");
        }
    }
}

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
}

using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Postern.Directory.Storage;

/// <summary>Times are milliseconds since 1970 UTC in both databases: they sort, compare and round the same way everywhere.</summary>
internal sealed class UnixMillisecondsConverter() : ValueConverter<DateTimeOffset, long>(
    time => time.ToUnixTimeMilliseconds(),
    milliseconds => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds));

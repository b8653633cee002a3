using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Postern.Directory.Storage;

/// <summary>Enumerations are stored by name in lower case, so that a person can read the tables.</summary>
internal sealed class LowerCaseEnumConverter<T>() : ValueConverter<T, string>(
    value => value.ToString().ToLowerInvariant(),
    text => Enum.Parse<T>(text, true))
    where T : struct, Enum;

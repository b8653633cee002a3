using System.Security.Cryptography;

namespace Postern.Directory.Organizations;

/// <summary>Makes organization ids: ULIDs, which sort by the time they were made.</summary>
public static class OrganizationId
{
    /// <summary>Characters of a ULID: 10 for the time, 16 random.</summary>
    public const int Length = 26;

    // Crockford's base32: no I, L, O and U.
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    /// <summary>A new id for the clock's present time.</summary>
    public static string Create(TimeProvider clock)
    {
        const int timeCharacters = 10;
        var milliseconds = (ulong)clock.GetUtcNow().ToUnixTimeMilliseconds();
        Span<char> id = stackalloc char[Length];
        for (var i = timeCharacters - 1; i >= 0; i--)
        {
            id[i] = Alphabet[(int)(milliseconds & 31)];
            milliseconds >>= 5;
        }

        RandomNumberGenerator.GetItems(Alphabet, id[timeCharacters..]);
        return new string(id);
    }
}

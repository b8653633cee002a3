using System.Security.Cryptography;
using System.Text;

namespace Postern.Directory.Projects;

/// <summary>The name of an environment in DNS and SSH form: a slug of the branch, a hyphen and a short hash of it.</summary>
public static class MachineName
{
    /// <summary>Longest slug; the same limit that clients use for branch slugs.</summary>
    public const int MaximumSlugLength = 32;

    /// <summary>Bytes of SHA-256 in the hash: 4 make 7 characters of base32.</summary>
    private const int HashBytes = 4;

    private const string Base32 = "abcdefghijklmnopqrstuvwxyz234567";

    /// <summary>
    /// Computes the name. Anything but ASCII letters and digits becomes a hyphen; runs of them become one, because
    /// two hyphens separate the parts of an SSH user name. A branch without any letter or digit has the slug <c>env</c>.
    /// </summary>
    public static string FromBranch(string branch)
    {
        var slug = Slug(branch);
        var hash = Hash(branch);
        return slug.Length == 0 ? $"env-{hash}" : $"{slug}-{hash}";
    }

    private static string Slug(string branch)
    {
        var slug = new StringBuilder(MaximumSlugLength);
        foreach (var c in branch)
        {
            if (char.IsAsciiLetterOrDigit(c))
            {
                slug.Append(char.ToLowerInvariant(c));
            }
            else if (slug.Length > 0 && slug[^1] != '-')
            {
                slug.Append('-');
            }

            if (slug.Length == MaximumSlugLength)
            {
                break;
            }
        }

        return slug.ToString().TrimEnd('-');
    }

    private static string Hash(string branch)
    {
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(branch));
        var bits = 0UL;
        foreach (var b in digest.AsSpan(0, HashBytes))
        {
            bits = (bits << 8) | b;
        }

        // RFC 4648 section 6: the last character is filled up with zero bits on the right.
        bits <<= 3;
        return string.Create(7, bits, static (text, value) =>
        {
            for (var i = text.Length - 1; i >= 0; i--)
            {
                text[i] = Base32[(int)(value & 31)];
                value >>= 5;
            }
        });
    }
}

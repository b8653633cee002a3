using System.Text;

namespace Postern.Login.Accounts;

/// <summary>Makes an organization's machine-readable name out of the one for people.</summary>
internal static class OrganizationSlug
{
    /// <summary>As long as a label of a host name may be.</summary>
    private const int Longest = 63;

    /// <summary>Lower-case letters, digits and single hyphens; <c>organization</c> when nothing of that is left.</summary>
    public static string Of(string label)
    {
        var slug = new StringBuilder();
        foreach (var c in label.ToLowerInvariant())
        {
            if (char.IsAsciiLetterOrDigit(c))
            {
                slug.Append(c);
            }
            else if (slug.Length > 0 && slug[^1] != '-')
            {
                slug.Append('-');
            }
        }

        var text = slug.ToString(0, Math.Min(slug.Length, Longest)).Trim('-');
        return text.Length > 0 ? text : "organization";
    }
}

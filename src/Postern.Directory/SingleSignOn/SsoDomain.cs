namespace Postern.Directory.SingleSignOn;

/// <summary>
/// A domain of e-mail addresses that belongs to an organization. Only the operator says so: an organization that could claim a
/// domain by itself would reach the accounts of others through a provider of its own.
/// </summary>
public sealed class SsoDomain
{
    /// <summary>The domain, in lower-case ASCII; its subdomains are domains of their own.</summary>
    public required string Domain { get; set; }

    /// <summary>What addresses of the domain end with as accounts are looked up by, such as <c>@EXAMPLE.COM</c>.</summary>
    public required string Suffix { get; set; }

    /// <summary>Whose it is.</summary>
    public required string OrganizationId { get; set; }

    /// <summary>The provider of the organization that knows the people of this domain, or null while none does.</summary>
    public Guid? ProviderId { get; set; }

    /// <summary>When it was assigned.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>Characters of a domain name (RFC 1035 section 2.3.4, as text).</summary>
    public const int MaximumLength = 253;

    /// <summary>Reads a domain as somebody types it; null when it is none. A name of one label is refused: nobody's mail is there.</summary>
    public static string? Read(string text)
    {
        var domain = text.Trim().TrimEnd('.').ToLowerInvariant();
        return domain.Length <= MaximumLength && domain.Contains('.', StringComparison.Ordinal)
            && domain.Split('.').All(label => label.Length is > 0 and <= 63
                && label[0] != '-' && label[^1] != '-' && label.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
            ? domain
            : null;
    }

    /// <summary>The domain of an e-mail address in the form of <see cref="Domain"/>; null when there is none.</summary>
    public static string? Of(string email)
    {
        email = email.Trim();
        var at = email.LastIndexOf('@');
        return at < 0 || email[^1] == '.' ? null : Read(email[(at + 1)..]);
    }

    /// <summary>The suffix of a domain. Not by the database, whose upper case may be that of another language.</summary>
    public static string SuffixOf(string domain) => "@" + domain.ToUpperInvariant();
}

namespace Postern.Directory.SingleSignOn;

/// <summary>Single sign-on as an authentication method: <c>sso:acme</c>, and <c>sso:*</c> for any provider.</summary>
public static class SsoMethod
{
    /// <summary>Met by a sign-in at any provider.</summary>
    public const string Any = Prefix + "*";

    /// <summary>Characters of a provider's name: enough for a company, and ten of them fit into the methods of a session.</summary>
    public const int LongestName = 20;

    private const string Prefix = "sso:";

    /// <summary>The method of a provider.</summary>
    public static string Of(string provider) => Prefix + provider;

    /// <summary>The provider of a method, or null when it is another kind of method.</summary>
    public static string? ProviderOf(string method) =>
        method.StartsWith(Prefix, StringComparison.Ordinal) ? method[Prefix.Length..] : null;

    /// <summary>Lower-case letters, digits and single hyphens between them: what needs no quoting in headers, addresses and shells.</summary>
    public static bool IsName(string name) =>
        name.Length is > 0 and <= LongestName
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')
        && name[0] != '-' && name[^1] != '-' && !name.Contains("--", StringComparison.Ordinal);
}

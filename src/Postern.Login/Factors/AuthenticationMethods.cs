namespace Postern.Login.Factors;

/// <summary>The values of <c>amr</c> that this server says (RFC 8176).</summary>
internal static class AuthenticationMethods
{
    public const string Password = "pwd";
    public const string OneTimePassword = "otp";

    /// <summary>A key that does not leave its device.</summary>
    public const string HardwareKey = "hwk";

    /// <summary>A key that may be on several devices.</summary>
    public const string SoftwareKey = "swk";

    /// <summary>More than one factor; clients and rules look for this one.</summary>
    public const string MultiFactor = "mfa";

    /// <summary>The methods of a session and more of them, each once, with mfa at the end.</summary>
    public static string Join(string amr, params IEnumerable<string> more)
    {
        var all = amr.Split(' ', StringSplitOptions.RemoveEmptyEntries).Concat(more).Distinct(StringComparer.Ordinal).ToList();
        return string.Join(' ', all.OrderBy(method => method == MultiFactor));
    }

    /// <summary>The same without what says that there was more than one factor.</summary>
    public static string WithoutMfa(string amr) =>
        string.Join(' ', amr.Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(method => method != MultiFactor));
}

namespace Postern.Ssh.Transport;

/// <summary>
/// Names of algorithms that other SSH servers have or had and that are not to be used any more, with the reason, so
/// that who asks for one hears more than that it is not known.
/// </summary>
internal static class InsecureAlgorithms
{
    private static readonly (Func<string, bool> Matches, string Reason)[] Rules =
    [
        (name => name is "none", "it protects nothing"),
        (name => name is "ssh-dss" || name.StartsWith("ssh-dss-", StringComparison.Ordinal), "DSA has keys of 1024 bits"),
        (name => name is "ssh-rsa" || name.StartsWith("ssh-rsa-", StringComparison.Ordinal), "it signs with SHA-1; rsa-sha2-512 is the same key with a safe hash"),
        (name => name.Contains("group1-", StringComparison.Ordinal), "its group has 1024 bits"),
        (name => name.Contains("sha1", StringComparison.Ordinal), "it rests on SHA-1"),
        (name => name.Contains("md5", StringComparison.Ordinal), "it rests on MD5"),
        (name => name.Contains("-cbc", StringComparison.Ordinal), "CBC gives away text in SSH"),
        (name => name.StartsWith("arcfour", StringComparison.Ordinal), "RC4 is broken"),
    ];

    /// <summary>Why an algorithm is not to be used; null when nothing is held against the name.</summary>
    public static string? ReasonAgainst(string name) => Array.Find(Rules, rule => rule.Matches(name)).Reason;
}

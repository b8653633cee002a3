using Postern.Ssh.Keys;

namespace Postern.Login.Tests.Testing;

/// <summary>Public keys for registering.</summary>
internal static class Keys
{
    /// <summary>A line of a .pub file whose private half is gone.</summary>
    public static string NewLine(string comment = "ada@laptop")
    {
        using var pair = Ed25519PrivateKey.Generate();
        return $"{pair.PublicKey.ToAuthorizedKey()} {comment}".Trim();
    }
}

using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Postern.Login.OAuth;

/// <summary>
/// Secrets that mean nothing by themselves: 32 random bytes in base64url behind a prefix that lets scanners recognise a
/// leaked one. Only the SHA-256 is stored; with 256 random bits a slow hash would add nothing.
/// </summary>
internal static class OpaqueToken
{
    /// <summary>An authorization code.</summary>
    public const string CodePrefix = "pac_";

    /// <summary>A refresh token.</summary>
    public const string RefreshPrefix = "prt_";

    /// <summary>An API token of a user.</summary>
    public const string ApiPrefix = "pst_";

    /// <summary>The link of an invitation.</summary>
    public const string InvitationPrefix = "pin_";

    /// <summary>The link by which a forgotten password is replaced.</summary>
    public const string ResetPrefix = "ppr_";

    /// <summary>The link that proves that a mailbox is somebody's.</summary>
    public const string VerificationPrefix = "pev_";

    private const int SecretBytes = 32;

    /// <summary>Makes a new secret.</summary>
    public static string Create(string prefix) => prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));

    /// <summary>What is stored of a secret: its SHA-256 as lower-case hex. Looking rows up by it leaks nothing by time.</summary>
    public static string Hash(string token) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    /// <summary>Whether this has the form that <see cref="Create"/> gives.</summary>
    public static bool IsWellFormed(string token, string prefix) =>
        token.Length == prefix.Length + Base64Url.GetEncodedLength(SecretBytes)
        && token.StartsWith(prefix, StringComparison.Ordinal)
        && Base64Url.IsValid(token.AsSpan(prefix.Length));

    /// <summary>
    /// The refresh token that follows another. It is a function of the old token and a salt kept in the old token's row, so
    /// that a lost answer can be given again although only hashes are stored; docs/decisions/0005 says why.
    /// </summary>
    public static string DeriveSuccessor(string refreshToken, byte[] salt) =>
        RefreshPrefix + Base64Url.EncodeToString(HKDF.DeriveKey(
            HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(refreshToken), SecretBytes, salt, "postern refresh token"u8.ToArray()));
}

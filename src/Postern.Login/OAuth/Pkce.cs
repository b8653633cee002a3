using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Postern.Login.OAuth;

/// <summary>Proof that who exchanges a code is who asked for it (RFC 7636); only the method S256 exists here.</summary>
internal static class Pkce
{
    /// <summary>The only accepted value of <c>code_challenge_method</c>.</summary>
    public const string Method = "S256";

    private const int ShortestVerifier = 43;
    private const int LongestVerifier = 128;

    private static readonly SearchValues<char> VerifierCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~");

    /// <summary>Whether this can be the base64url text of a SHA-256 hash (RFC 7636 section 4.2).</summary>
    public static bool IsWellFormedChallenge(string challenge) =>
        challenge.Length == Base64Url.GetEncodedLength(SHA256.HashSizeInBytes) && Base64Url.IsValid(challenge);

    /// <summary>Whether this is a verifier as RFC 7636 section 4.1 writes it.</summary>
    public static bool IsWellFormedVerifier(string verifier) =>
        verifier.Length is >= ShortestVerifier and <= LongestVerifier
        && !verifier.AsSpan().ContainsAnyExcept(VerifierCharacters);

    /// <summary>Whether the verifier is the one that the challenge was made from (RFC 7636 section 4.6).</summary>
    public static bool Matches(string verifier, string challenge) =>
        CryptographicOperations.FixedTimeEquals(
            Encoding.ASCII.GetBytes(ChallengeOf(verifier)), Encoding.ASCII.GetBytes(challenge));

    /// <summary>The S256 challenge of a verifier.</summary>
    public static string ChallengeOf(string verifier) =>
        Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));
}

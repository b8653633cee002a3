using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Postern.Cli.Login;

/// <summary>The proof that who redeems the code is who asked for it (RFC 7636), and the state that ties the redirect to us.</summary>
internal sealed record Pkce(string State, string Verifier)
{
    private const int RandomBytes = 32;

    public string Challenge => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier)));

    public static Pkce Create() => new(
        Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes)),
        Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes)));
}

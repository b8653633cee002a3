using System.Security.Cryptography;
using System.Text;
using Postern.Directory.Secrets;

namespace Postern.Directory.SingleSignOn;

/// <summary>Encrypts client secrets and the refresh tokens of providers (<see cref="SecretSeal"/>).</summary>
public sealed class SsoProtection : IDisposable
{
    /// <summary>The purpose under which the server derives the key from its master key.</summary>
    public const string Purpose = "single sign-on";

    private readonly SecretSeal _seal;

    /// <summary>Derives what it needs from a key of <see cref="SecretSeal.KeySize"/> bytes, which it does not keep.</summary>
    public SsoProtection(ReadOnlySpan<byte> key) => _seal = new SecretSeal(key, "provider secrets"u8);

    /// <summary>Encrypts the client secret of a provider.</summary>
    public byte[] ProtectSecret(Guid providerId, string secret) => _seal.Seal(Encoding.UTF8.GetBytes(secret), $"provider {providerId:D}");

    /// <summary>The client secret. Throws <see cref="CryptographicException"/> when the record is damaged or of another key.</summary>
    public string UnprotectSecret(IdentityProvider provider) => Open(
        provider.ProtectedSecret, $"provider {provider.Id:D}",
        $"The client secret of the provider {provider.Name} is damaged or was encrypted under another master key; enter it again.");

    /// <summary>Encrypts the refresh token of a sign-in.</summary>
    public byte[] ProtectRefreshToken(Guid loginId, string token) => _seal.Seal(Encoding.UTF8.GetBytes(token), $"login {loginId:D}");

    /// <summary>The refresh token. Throws <see cref="CryptographicException"/> when the record is damaged or of another key.</summary>
    public string UnprotectRefreshToken(Guid loginId, byte[] record) => Open(
        record, $"login {loginId:D}", $"The refresh token of the sign-in {loginId} is damaged or was encrypted under another master key.");

    /// <inheritdoc/>
    public void Dispose() => _seal.Dispose();

    private string Open(byte[] record, string owner, string fault)
    {
        var secret = _seal.Open(record, owner) ?? throw new CryptographicException(fault);
        var text = Encoding.UTF8.GetString(secret);
        CryptographicOperations.ZeroMemory(secret);
        return text;
    }
}

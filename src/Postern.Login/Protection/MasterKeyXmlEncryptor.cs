using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Postern.Authority;

namespace Postern.Login.Protection;

/// <summary>
/// Encrypts Data Protection's keys with AES-256-GCM under a key derived from the master key, so that a copy of the database
/// alone opens no cookie and signs no token. Form: nonce (12), ciphertext, tag (16), in base64.
/// </summary>
internal sealed class MasterKeyXmlEncryptor(MasterKey masterKey) : IXmlEncryptor
{
    internal const string Purpose = "login data protection";
    internal const string ElementName = "masterKeyEncrypted";
    internal const int NonceSize = 12;
    internal const int TagSize = 16;

    public EncryptedXmlInfo Encrypt(XElement plaintextElement)
    {
        var plain = Encoding.UTF8.GetBytes(plaintextElement.ToString(SaveOptions.DisableFormatting));
        var result = new byte[NonceSize + plain.Length + TagSize];
        RandomNumberGenerator.Fill(result.AsSpan(0, NonceSize));
        var key = masterKey.DeriveKey(Purpose);
        try
        {
            using var cipher = new AesGcm(key, TagSize);
            cipher.Encrypt(result.AsSpan(0, NonceSize), plain, result.AsSpan(NonceSize, plain.Length), result.AsSpan(NonceSize + plain.Length));
            return new EncryptedXmlInfo(new XElement(ElementName, Convert.ToBase64String(result)), typeof(MasterKeyXmlDecryptor));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
            CryptographicOperations.ZeroMemory(plain);
        }
    }
}

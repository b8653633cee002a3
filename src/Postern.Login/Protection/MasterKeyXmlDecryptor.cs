using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Postern.Authority;

namespace Postern.Login.Protection;

/// <summary>Opens what <see cref="MasterKeyXmlEncryptor"/> closed. Data Protection makes it by name, with this constructor.</summary>
internal sealed class MasterKeyXmlDecryptor(IServiceProvider services) : IXmlDecryptor
{
    public XElement Decrypt(XElement encryptedElement)
    {
        var sealedBytes = Convert.FromBase64String(encryptedElement.Value);
        var size = sealedBytes.Length - MasterKeyXmlEncryptor.NonceSize - MasterKeyXmlEncryptor.TagSize;
        if (size < 0)
        {
            throw new CryptographicException("A Data Protection key in the database is too short; restore the database from a backup.");
        }

        var plain = new byte[size];
        var key = services.GetRequiredService<MasterKey>().DeriveKey(MasterKeyXmlEncryptor.Purpose);
        try
        {
            using var cipher = new AesGcm(key, MasterKeyXmlEncryptor.TagSize);
            cipher.Decrypt(
                sealedBytes.AsSpan(0, MasterKeyXmlEncryptor.NonceSize),
                sealedBytes.AsSpan(MasterKeyXmlEncryptor.NonceSize, size),
                sealedBytes.AsSpan(MasterKeyXmlEncryptor.NonceSize + size),
                plain);
            return XElement.Parse(Encoding.UTF8.GetString(plain));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
            CryptographicOperations.ZeroMemory(plain);
        }
    }
}

using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Postern.Ssh.Transport.Interop;

/// <summary>X25519 key agreement (RFC 7748 section 6.1) of OpenSSL's libcrypto 3.</summary>
internal static unsafe partial class X25519
{
    /// <summary>Length of private keys, public keys and results.</summary>
    public const int KeyLength = 32;

    private const string Library = "libcrypto.so.3";
    private const int KeyType = 1034;

    /// <summary>Computes the public key of a private key, which is any 32 bytes.</summary>
    public static void DerivePublicKey(ReadOnlySpan<byte> privateKey, Span<byte> publicKey)
    {
        Require(privateKey.Length == KeyLength && publicKey.Length == KeyLength);
        nint key = 0;
        try
        {
            fixed (byte* from = privateKey)
            fixed (byte* to = publicKey)
            {
                key = EVP_PKEY_new_raw_private_key(KeyType, 0, from, KeyLength);
                nuint length = KeyLength;
                Require(key != 0 && EVP_PKEY_get_raw_public_key(key, to, &length) == 1);
            }
        }
        finally
        {
            EVP_PKEY_free(key);
        }
    }

    /// <summary>
    /// Computes the shared secret. False when it is all zero, which a peer forces by sending a point of small order
    /// and which must be refused (RFC 8731 section 3).
    /// </summary>
    public static bool TryAgree(ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> peerPublicKey, Span<byte> secret)
    {
        Require(privateKey.Length == KeyLength && peerPublicKey.Length == KeyLength && secret.Length == KeyLength);
        nint own = 0, peer = 0, context = 0;
        try
        {
            fixed (byte* privateBytes = privateKey)
            fixed (byte* publicBytes = peerPublicKey)
            fixed (byte* secretBytes = secret)
            {
                own = EVP_PKEY_new_raw_private_key(KeyType, 0, privateBytes, KeyLength);
                peer = EVP_PKEY_new_raw_public_key(KeyType, 0, publicBytes, KeyLength);
                context = own == 0 ? 0 : EVP_PKEY_CTX_new(own, 0);
                Require(peer != 0 && context != 0 && EVP_PKEY_derive_init(context) == 1);
                nuint length = KeyLength;
                return EVP_PKEY_derive_set_peer(context, peer) == 1
                    && EVP_PKEY_derive(context, secretBytes, &length) == 1
                    && secret.ContainsAnyExcept((byte)0);
            }
        }
        finally
        {
            EVP_PKEY_CTX_free(context);
            EVP_PKEY_free(peer);
            EVP_PKEY_free(own);
        }
    }

    private static void Require(bool condition)
    {
        if (!condition)
        {
            throw new CryptographicException("libcrypto's X25519 failed");
        }
    }

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint EVP_PKEY_new_raw_private_key(int type, nint engine, byte* key, nuint length);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint EVP_PKEY_new_raw_public_key(int type, nint engine, byte* key, nuint length);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int EVP_PKEY_get_raw_public_key(nint key, byte* output, nuint* length);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void EVP_PKEY_free(nint key);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint EVP_PKEY_CTX_new(nint key, nint engine);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void EVP_PKEY_CTX_free(nint context);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int EVP_PKEY_derive_init(nint context);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int EVP_PKEY_derive_set_peer(nint context, nint peer);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int EVP_PKEY_derive(nint context, byte* secret, nuint* length);
}

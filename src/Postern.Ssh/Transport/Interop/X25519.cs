using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Postern.Ssh.Transport.Interop;

/// <summary>
/// A private key of X25519 (RFC 7748 section 6.1) in OpenSSL's libcrypto 3, which computes the public key when it is loaded.
/// For one thread at a time.
/// </summary>
internal sealed unsafe partial class X25519 : IDisposable
{
    /// <summary>Length of private keys, public keys and results.</summary>
    public const int KeyLength = 32;

    private const string Library = "libcrypto.so.3";
    private const int KeyType = 1034;

    private readonly KeyHandle _key;

    /// <summary>Loads a private key, which is any 32 bytes; they are copied, and cleared by <see cref="Dispose"/>.</summary>
    public X25519(ReadOnlySpan<byte> privateKey)
    {
        Require(privateKey.Length == KeyLength);
        fixed (byte* bytes = privateKey)
        {
            _key = new KeyHandle(EVP_PKEY_new_raw_private_key(KeyType, 0, bytes, KeyLength));
        }

        Require(!_key.IsInvalid);
    }

    /// <summary>Writes the public key.</summary>
    public void CopyPublicKeyTo(Span<byte> publicKey)
    {
        Require(publicKey.Length == KeyLength);
        fixed (byte* bytes = publicKey)
        {
            nuint length = KeyLength;
            Require(EVP_PKEY_get_raw_public_key(_key, bytes, &length) == 1);
        }
    }

    /// <summary>
    /// Computes the shared secret. False when it is all zero, which a peer forces by sending a point of small order
    /// and which must be refused (RFC 8731 section 3).
    /// </summary>
    public bool TryAgree(ReadOnlySpan<byte> peerPublicKey, Span<byte> secret)
    {
        Require(peerPublicKey.Length == KeyLength && secret.Length == KeyLength);
        nint peer = 0, context = 0;
        try
        {
            fixed (byte* publicBytes = peerPublicKey)
            fixed (byte* secretBytes = secret)
            {
                peer = EVP_PKEY_new_raw_public_key(KeyType, 0, publicBytes, KeyLength);
                context = EVP_PKEY_CTX_new(_key, 0);
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
        }
    }

    /// <summary>Clears the private key.</summary>
    public void Dispose() => _key.Dispose();

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
    private static partial int EVP_PKEY_get_raw_public_key(KeyHandle key, byte* output, nuint* length);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void EVP_PKEY_free(nint key);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint EVP_PKEY_CTX_new(KeyHandle key, nint engine);

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

    /// <summary>An <c>EVP_PKEY</c>; libcrypto cleanses a private key when it frees it.</summary>
    private sealed class KeyHandle : SafeHandleZeroOrMinusOneIsInvalid
    {
        public KeyHandle(nint key)
            : base(ownsHandle: true) => SetHandle(key);

        protected override bool ReleaseHandle()
        {
            EVP_PKEY_free(handle);
            return true;
        }
    }
}

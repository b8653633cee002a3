using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Postern.Ssh.Keys.Interop;

/// <summary>Ed25519 (RFC 8032) by libcrypto 3, which .NET itself loads on Linux. When .NET has Ed25519, this file goes.</summary>
internal static partial class Libcrypto
{
    public const int Ed25519KeySize = 32;
    public const int Ed25519SignatureSize = 64;

    private const string Library = "libcrypto.so.3";
    private const int KeyTypeEd25519 = 1087; // NID_ED25519 of openssl/obj_mac.h
    private const int Success = 1;

    /// <summary>Verifies; false for a signature of wrong length and for a point that is none.</summary>
    public static bool VerifyEd25519(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (publicKey.Length != Ed25519KeySize || signature.Length != Ed25519SignatureSize)
        {
            return false;
        }

        using var key = EVP_PKEY_new_raw_public_key(KeyTypeEd25519, 0, publicKey, (nuint)publicKey.Length);
        using var context = EVP_MD_CTX_new();
        var verified = !key.IsInvalid
            && !context.IsInvalid
            && EVP_DigestVerifyInit(context, 0, 0, 0, key) == Success
            && EVP_DigestVerify(context, signature, (nuint)signature.Length, data, (nuint)data.Length) == Success;
        if (!verified)
        {
            // What is left in this thread's error queue would be reported by the next user of libcrypto.
            ERR_clear_error();
        }

        return verified;
    }

    /// <summary>Loads a private key from its seed of 32 bytes. The handle may sign on several threads at once.</summary>
    public static EvpPkeyHandle LoadEd25519(ReadOnlySpan<byte> seed)
    {
        var key = EVP_PKEY_new_raw_private_key(KeyTypeEd25519, 0, seed, (nuint)seed.Length);
        return key.IsInvalid ? throw Failure("load an Ed25519 key") : key;
    }

    /// <summary>The encoded point of 32 bytes that belongs to a private key.</summary>
    public static byte[] PublicEd25519(EvpPkeyHandle key)
    {
        var point = new byte[Ed25519KeySize];
        var length = (nuint)point.Length;
        return EVP_PKEY_get_raw_public_key(key, point, ref length) == Success && length == Ed25519KeySize
            ? point
            : throw Failure("derive an Ed25519 public key");
    }

    /// <summary>Makes a signature of 64 bytes.</summary>
    public static byte[] SignEd25519(EvpPkeyHandle key, ReadOnlySpan<byte> data)
    {
        using var context = EVP_MD_CTX_new();
        var signature = new byte[Ed25519SignatureSize];
        var length = (nuint)signature.Length;
        return !context.IsInvalid
            && EVP_DigestSignInit(context, 0, 0, 0, key) == Success
            && EVP_DigestSign(context, signature, ref length, data, (nuint)data.Length) == Success
            && length == Ed25519SignatureSize
            ? signature
            : throw Failure("sign with Ed25519");
    }

    private static CryptographicException Failure(string what)
    {
        ERR_clear_error();
        return new CryptographicException("libcrypto could not " + what);
    }

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial EvpPkeyHandle EVP_PKEY_new_raw_private_key(int type, nint engine, ReadOnlySpan<byte> key, nuint length);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial EvpPkeyHandle EVP_PKEY_new_raw_public_key(int type, nint engine, ReadOnlySpan<byte> key, nuint length);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int EVP_PKEY_get_raw_public_key(EvpPkeyHandle key, Span<byte> point, ref nuint length);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial EvpDigestContextHandle EVP_MD_CTX_new();

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int EVP_DigestSignInit(EvpDigestContextHandle context, nint keyContext, nint digest, nint engine, EvpPkeyHandle key);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int EVP_DigestSign(
        EvpDigestContextHandle context, Span<byte> signature, ref nuint signatureLength, ReadOnlySpan<byte> data, nuint dataLength);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int EVP_DigestVerifyInit(EvpDigestContextHandle context, nint keyContext, nint digest, nint engine, EvpPkeyHandle key);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int EVP_DigestVerify(
        EvpDigestContextHandle context, ReadOnlySpan<byte> signature, nuint signatureLength, ReadOnlySpan<byte> data, nuint dataLength);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void EVP_PKEY_free(nint key);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void EVP_MD_CTX_free(nint context);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void ERR_clear_error();

    /// <summary>An <c>EVP_PKEY</c>; libcrypto cleanses a private key when it frees it.</summary>
    internal sealed class EvpPkeyHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
    {
        protected override bool ReleaseHandle()
        {
            EVP_PKEY_free(handle);
            return true;
        }
    }

    /// <summary>An <c>EVP_MD_CTX</c>.</summary>
    internal sealed class EvpDigestContextHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
    {
        protected override bool ReleaseHandle()
        {
            EVP_MD_CTX_free(handle);
            return true;
        }
    }
}

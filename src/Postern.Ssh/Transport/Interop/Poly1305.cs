using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Postern.Ssh.Transport.Interop;

/// <summary>The Poly1305 one-time authenticator (RFC 8439 section 2.5) of OpenSSL's libcrypto 3.</summary>
internal sealed unsafe partial class Poly1305 : IDisposable
{
    public const int KeyLength = 32;
    public const int TagLength = 16;

    private const string Library = "libcrypto.so.3";
    private readonly Context _context;

    public Poly1305()
    {
        var mac = EVP_MAC_fetch(0, "POLY1305", 0);
        _context = new Context(mac == 0 ? 0 : EVP_MAC_CTX_new(mac));
        EVP_MAC_free(mac);
        if (_context.IsInvalid)
        {
            throw new CryptographicException("libcrypto has no Poly1305");
        }
    }

    /// <summary>Authenticates a message with a key that is used for this message only.</summary>
    public void Compute(ReadOnlySpan<byte> key, ReadOnlySpan<byte> message, Span<byte> tag)
    {
        if (key.Length != KeyLength || tag.Length < TagLength)
        {
            throw new ArgumentException("the key or the tag is too short", nameof(key));
        }

        fixed (byte* keyBytes = key)
        fixed (byte* messageBytes = message)
        fixed (byte* tagBytes = tag)
        {
            nuint written;
            if (EVP_MAC_init(_context.Pointer, keyBytes, KeyLength, 0) != 1
                || EVP_MAC_update(_context.Pointer, messageBytes, (nuint)message.Length) != 1
                || EVP_MAC_final(_context.Pointer, tagBytes, &written, TagLength) != 1
                || written != TagLength)
            {
                throw new CryptographicException("libcrypto's Poly1305 failed");
            }
        }

        GC.KeepAlive(this);
    }

    public void Dispose() => _context.Dispose();

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint EVP_MAC_fetch(nint libraryContext, string algorithm, nint properties);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void EVP_MAC_free(nint mac);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint EVP_MAC_CTX_new(nint mac);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void EVP_MAC_CTX_free(nint context);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int EVP_MAC_init(nint context, byte* key, nuint keyLength, nint parameters);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int EVP_MAC_update(nint context, byte* data, nuint dataLength);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int EVP_MAC_final(nint context, byte* output, nuint* outputLength, nuint outputSize);

    private sealed class Context : SafeHandleZeroOrMinusOneIsInvalid
    {
        public Context(nint context)
            : base(ownsHandle: true) => SetHandle(context);

        /// <summary>The pointer; the owner keeps the handle alive and unclosed while it is used.</summary>
        public nint Pointer => handle;

        protected override bool ReleaseHandle()
        {
            EVP_MAC_CTX_free(handle);
            return true;
        }
    }
}

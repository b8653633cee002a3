using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Postern.Ssh.Transport.Interop;

/// <summary>
/// The ChaCha20 stream cipher of OpenSSL's libcrypto 3. Its initial vector is a block counter of 8 bytes, least
/// significant first, and the nonce of 8 bytes of the original design, as OpenSSH uses it.
/// </summary>
internal sealed unsafe partial class ChaCha20 : IDisposable
{
    public const int KeyLength = 32;
    public const int InitialVectorLength = 16;

    private const string Library = "libcrypto.so.3";
    private readonly Context _context;

    public ChaCha20(ReadOnlySpan<byte> key)
    {
        if (key.Length != KeyLength)
        {
            throw new ArgumentException($"a key of {key.Length} bytes where {KeyLength} belong", nameof(key));
        }

        _context = new Context(EVP_CIPHER_CTX_new());
        fixed (byte* keyBytes = key)
        {
            if (_context.IsInvalid || EVP_CipherInit_ex(_context.Pointer, EVP_chacha20(), 0, keyBytes, null, 1) != 1)
            {
                throw new CryptographicException("libcrypto has no ChaCha20");
            }
        }
    }

    /// <summary>Combines input with the key stream from the start of a block; both may be the same memory.</summary>
    public void Transform(ReadOnlySpan<byte> initialVector, ReadOnlySpan<byte> input, Span<byte> output)
    {
        if (initialVector.Length != InitialVectorLength || output.Length < input.Length)
        {
            throw new ArgumentException("the initial vector or the output is too short", nameof(initialVector));
        }

        fixed (byte* iv = initialVector)
        fixed (byte* from = input)
        fixed (byte* to = output)
        {
            int written;
            if (EVP_CipherInit_ex(_context.Pointer, 0, 0, null, iv, 1) != 1
                || EVP_CipherUpdate(_context.Pointer, to, &written, from, input.Length) != 1
                || written != input.Length)
            {
                throw new CryptographicException("libcrypto's ChaCha20 failed");
            }
        }

        GC.KeepAlive(this);
    }

    public void Dispose() => _context.Dispose();

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint EVP_CIPHER_CTX_new();

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void EVP_CIPHER_CTX_free(nint context);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint EVP_chacha20();

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int EVP_CipherInit_ex(nint context, nint cipher, nint engine, byte* key, byte* iv, int encrypt);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int EVP_CipherUpdate(nint context, byte* output, int* outputLength, byte* input, int inputLength);

    private sealed class Context : SafeHandleZeroOrMinusOneIsInvalid
    {
        public Context(nint context)
            : base(ownsHandle: true) => SetHandle(context);

        /// <summary>The pointer; the owner keeps the handle alive and unclosed while it is used.</summary>
        public nint Pointer => handle;

        protected override bool ReleaseHandle()
        {
            EVP_CIPHER_CTX_free(handle);
            return true;
        }
    }
}

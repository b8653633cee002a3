using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Postern.Ssh.Transport.Interop;

/// <summary>
/// AES in counter mode (SP 800-38A section 6.5) of OpenSSL's libcrypto 3: one key stream from the first call to the
/// last, whose counter is the whole block (RFC 4344 section 4).
/// </summary>
internal sealed unsafe partial class AesCtr : IDisposable
{
    public const int BlockLength = 16;

    private const string Library = "libcrypto.so.3";
    private readonly Context _context;

    public AesCtr(ReadOnlySpan<byte> key, ReadOnlySpan<byte> initialCounter)
    {
        var cipher = key.Length switch
        {
            16 => EVP_aes_128_ctr(),
            24 => EVP_aes_192_ctr(),
            32 => EVP_aes_256_ctr(),
            _ => throw new ArgumentException($"a key of {key.Length} bytes where 16, 24 or 32 belong", nameof(key)),
        };
        if (initialCounter.Length != BlockLength)
        {
            throw new ArgumentException($"a counter of {initialCounter.Length} bytes where {BlockLength} belong", nameof(initialCounter));
        }

        _context = new Context(EVP_CIPHER_CTX_new());
        fixed (byte* keyBytes = key)
        fixed (byte* counter = initialCounter)
        {
            if (_context.IsInvalid || EVP_CipherInit_ex(_context.Pointer, cipher, 0, keyBytes, counter, 1) != 1)
            {
                throw new CryptographicException("libcrypto has no AES in counter mode");
            }
        }
    }

    /// <summary>Combines input with the next bytes of the key stream; both may be the same memory.</summary>
    public void Transform(ReadOnlySpan<byte> input, Span<byte> output)
    {
        if (output.Length < input.Length)
        {
            throw new ArgumentException("the output is too short", nameof(output));
        }

        fixed (byte* from = input)
        fixed (byte* to = output)
        {
            int written;
            if (EVP_CipherUpdate(_context.Pointer, to, &written, from, input.Length) != 1 || written != input.Length)
            {
                throw new CryptographicException("libcrypto's AES in counter mode failed");
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
    private static partial nint EVP_aes_128_ctr();

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint EVP_aes_192_ctr();

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint EVP_aes_256_ctr();

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

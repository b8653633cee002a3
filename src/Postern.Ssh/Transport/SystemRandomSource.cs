using System.Security.Cryptography;

namespace Postern.Ssh.Transport;

/// <summary>The operating system's random bytes.</summary>
public sealed class SystemRandomSource : IRandomSource
{
    /// <summary>The one there needs to be.</summary>
    public static SystemRandomSource Instance { get; } = new();

    private SystemRandomSource()
    {
    }

    /// <inheritdoc/>
    public void Fill(Span<byte> bytes) => RandomNumberGenerator.Fill(bytes);
}

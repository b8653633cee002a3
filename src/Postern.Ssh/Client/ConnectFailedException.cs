using Postern.Ssh.Server;

namespace Postern.Ssh.Client;

/// <summary>A connection ended before somebody was signed in.</summary>
/// <param name="end">Why.</param>
/// <param name="message">The same in a sentence; what it quotes of the server is free of control characters.</param>
/// <param name="banners">What the server had to say before (RFC 4252 section 5.4), which often has the reason.</param>
public sealed class ConnectFailedException(ConnectionEnd end, string message, IReadOnlyList<string> banners)
    : Exception(message)
{
    /// <summary>Why.</summary>
    public ConnectionEnd End { get; } = end;

    /// <summary>Banners of the server, without control characters but line ends and tabs.</summary>
    public IReadOnlyList<string> Banners { get; } = banners;
}

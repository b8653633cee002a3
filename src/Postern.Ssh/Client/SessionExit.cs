namespace Postern.Ssh.Client;

/// <summary>How what ran in a session ended (RFC 4254 section 6.10); with neither value nobody knows.</summary>
/// <param name="Status">The exit status, if it exited.</param>
/// <param name="Signal">The signal without SIG in front, if one killed it; the server's text.</param>
/// <param name="IsCoreDumped">Whether it left a core.</param>
/// <param name="PeerMessage">The server's text to the signal.</param>
public sealed record SessionExit(uint? Status, string? Signal, bool IsCoreDumped, string PeerMessage)
{
    /// <summary>The channel closed, or the connection ended, without a word.</summary>
    public static SessionExit Unknown { get; } = new(null, null, IsCoreDumped: false, "");
}

namespace Postern.Targets;

/// <summary>
/// Something in an app that is listened on for a connection's peer. Disposing ends it and removes a socket's file; what
/// was connected before goes on.
/// </summary>
public interface ITargetListener : IAsyncDisposable
{
    /// <summary>The TCP port, or 0 for a Unix socket.</summary>
    int Port { get; }
}

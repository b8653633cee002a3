namespace Postern.Ssh.Transport;

/// <summary>The connection, as its <see cref="SendQueue"/> sees it. Called on any thread, outside the queue's lock.</summary>
internal interface ISendQueueOwner
{
    /// <summary>The socket takes nothing more.</summary>
    void OnSendFailed();

    /// <summary>The peer asks for more than it reads, beyond the limit of what waits for it.</summary>
    void OnSendOverflow();

    /// <summary>The current key has sealed as much as it should; called once for each key.</summary>
    void OnSendKeyWornOut();
}

namespace Postern.Ssh.Transport;

/// <summary>The connection, as its <see cref="SendQueue"/> sees it. Called on any thread, outside the queue's lock.</summary>
internal interface ISendQueueOwner
{
    /// <summary>Nothing more is sent.</summary>
    /// <param name="fault">What failed inside; null when the socket takes nothing more.</param>
    void OnSendFailed(Exception? fault);

    /// <summary>The peer asks for more than it reads, beyond the limit of what waits for it.</summary>
    void OnSendOverflow();

    /// <summary>The current key has sealed as much as it should; called once for each key.</summary>
    void OnSendKeyWornOut();
}

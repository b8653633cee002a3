namespace Postern.Ssh.Transport;

/// <summary>Somebody who waits for room in a <see cref="SendQueue"/>.</summary>
internal interface ISendWaiter
{
    /// <summary>There is room. Called by the drainer, outside its lock; must return at once.</summary>
    void OnRoom();
}

using Postern.Ssh.EventLoops;

namespace Postern.Ssh.Transport;

/// <summary>Whether a connection moves so little between two receives as one does that somebody types on. Receive loop only.</summary>
internal sealed class TrafficPace(LoopDescriptor descriptor)
{
    /// <summary>The most that counts as little, in bytes, both ways.</summary>
    private const int Interactive = 16 * 1024;

    private long _noted;

    /// <summary>
    /// Has the loop know of somebody who types. With every receive, so that whoever does is known as such from the second key on.
    /// </summary>
    /// <param name="total">Bytes of the connection so far, both ways.</param>
    public void Note(long total)
    {
        if (total - _noted < Interactive)
        {
            descriptor.NoteInteractive();
        }

        _noted = total;
    }
}

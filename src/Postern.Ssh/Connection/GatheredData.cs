using Postern.Ssh.EventLoops;

namespace Postern.Ssh.Connection;

/// <summary>
/// Data that came for one channel in packets behind one another, still in the receive buffer, so that its handler gets all
/// of it with one call. Nothing stays longer than the packets that were received together are looked at. Belongs to the
/// connection's dispatch lock.
/// </summary>
internal sealed class GatheredData
{
    // As many as one call writes.
    private const int MostPieces = LoopDescriptor.MaximumBuffers;

    private ChannelInbox? _inbox;

    // Made with the first data, which many connections never have.
    private ReadOnlyMemory<byte>[]? _pieces;
    private int _count;

    /// <summary>Adds what came for a channel, and hands over what came for another before it.</summary>
    public void Add(ChannelInbox inbox, ReadOnlyMemory<byte> data)
    {
        if (_inbox != inbox || _count == MostPieces)
        {
            HandOver();
            _inbox = inbox;
        }

        _pieces ??= new ReadOnlyMemory<byte>[MostPieces];
        _pieces[_count++] = data;
    }

    /// <summary>Hands over what was added: before anything else is done for its channel, and before more is received.</summary>
    public void HandOver()
    {
        if (_inbox is not { } inbox)
        {
            return;
        }

        var count = _count;
        _inbox = null;
        _count = 0;
        inbox.TakeData(_pieces.AsSpan(0, count));
    }
}

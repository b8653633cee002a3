namespace Postern.Ssh.Transport;

/// <summary>A list through <see cref="OutgoingPacket.Next"/>.</summary>
internal struct PacketList
{
    private OutgoingPacket? _last;

    public OutgoingPacket? First { get; private set; }

    public readonly bool IsEmpty => First is null;

    public void Add(OutgoingPacket packet)
    {
        if (_last is null)
        {
            First = packet;
        }
        else
        {
            _last.Next = packet;
        }

        _last = packet;
    }

    public void AddAll(ref PacketList other)
    {
        if (other.First is not { } first)
        {
            return;
        }

        Add(first);
        _last = other._last;
        other = default;
    }

    public void RemoveFirst()
    {
        var first = First!;
        First = first.Next;
        first.Next = null;
        if (First is null)
        {
            _last = null;
        }
    }

    public void ReturnAll()
    {
        while (First is { } packet)
        {
            RemoveFirst();
            packet.Return();
        }
    }
}

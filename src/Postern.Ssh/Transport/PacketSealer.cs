using Postern.Ssh.Transport.Ciphers;

namespace Postern.Ssh.Transport;

/// <summary>
/// Seals packets in place, one after another: numbers them, takes new keys into use behind NEWKEYS, and notices when keys
/// are worn out. Belongs to the drainer of the <see cref="SendQueue"/>, but for what says otherwise.
/// </summary>
internal sealed class PacketSealer(TransportLimits limits) : IDisposable
{
    private PacketEncryptor _encryptor = new Plaintext.Encryptor();
    private uint _sequence;
    private long _totalBytes;
    private long _bytesUnderKey;
    private long _packetsUnderKey;

    // Written by the drainer, read by any thread.
    private volatile bool _isWearReported;

    // Set by whoever appends NEWKEYS, cleared by the drainer.
    private volatile bool _areKeysQueued;

    /// <summary>Bytes of packets sealed so far. Any thread.</summary>
    public long TotalBytes => Volatile.Read(ref _totalBytes);

    /// <summary>Whether the key has been reported as worn out, and no other is on its way yet. Any thread.</summary>
    public bool IsKeyWornOut => !_areKeysQueued && _isWearReported;

    /// <summary>NEWKEYS has been queued. Any thread.</summary>
    public void ExpectKeys() => _areKeysQueued = true;

    /// <summary>Seals the next packet; what follows a NEWKEYS has its keys.</summary>
    public void Seal(OutgoingPacket packet)
    {
        packet.SealedLength = _encryptor.Seal(packet.Buffer, packet.PayloadLength, _sequence);
        _sequence = unchecked(_sequence + 1);
        _totalBytes += packet.SealedLength;
        _bytesUnderKey += packet.SealedLength;
        _packetsUnderKey++;
        if (packet.KeysAfter is { } keys)
        {
            packet.KeysAfter = null;
            ChangeKeys(keys);
        }
    }

    /// <summary>Whether the key has worn out since this was last asked: true once for each key.</summary>
    public bool NoteWear()
    {
        if (_isWearReported || (_bytesUnderKey < limits.RekeyBytes && _packetsUnderKey < limits.RekeyPackets))
        {
            return false;
        }

        _isWearReported = true;
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _encryptor.Dispose();

    private void ChangeKeys(OutgoingPacket.KeyChange keys)
    {
        _encryptor.Dispose();
        _encryptor = keys.Encryptor;
        _bytesUnderKey = 0;
        _packetsUnderKey = 0;
        _isWearReported = false;
        _areKeysQueued = false;
        if (keys.IsSequenceReset)
        {
            _sequence = 0;
        }
    }
}

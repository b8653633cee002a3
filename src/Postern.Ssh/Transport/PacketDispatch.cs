using Microsoft.Extensions.Logging;
using Postern.Ssh.Connection;
using Postern.Ssh.Messages;
using Postern.Ssh.Transport.KeyExchange;

namespace Postern.Ssh.Transport;

/// <summary>
/// What each packet of a connection is to it, in every state: a matter of the transport layer itself, of a key exchange, of
/// authentication or of channels; and when new keys are asked for. All members belong to the connection's dispatch lock, but for
/// what says otherwise.
/// </summary>
internal sealed class PacketDispatch
{
    // Number and length field.
    private const int PongOverhead = 1 + sizeof(uint);

    private readonly IConnectionRole _role;
    private readonly TransportLimits _limits;
    private readonly string _id;
    private readonly ILogger _logger;
    private readonly SendQueue _send;
    private readonly PacketReader _reader;
    private readonly ConnectionEnding _ending;
    private readonly RekeyTiming _rekey;
    private readonly RekeyBudget _budget;
    private KeyExchangeSide _exchange = null!;
    private Multiplexer? _multiplexer;
    private bool _isAfterFirstKeys;
    private int _rekeys;

    /// <param name="role">The side that the connection plays.</param>
    /// <param name="limits">What the peer may do.</param>
    /// <param name="rekey">When new keys are due.</param>
    /// <param name="budget">How many re-keys the peer may begin.</param>
    /// <param name="id">For logs.</param>
    /// <param name="logger">For logs.</param>
    /// <param name="send">Where answers go.</param>
    /// <param name="reader">What packets come from.</param>
    /// <param name="ending">What hears of a goodbye.</param>
    public PacketDispatch(
        IConnectionRole role,
        TransportLimits limits,
        RekeyTiming rekey,
        RekeyBudget budget,
        string id,
        ILogger logger,
        SendQueue send,
        PacketReader reader,
        ConnectionEnding ending)
    {
        _role = role;
        _limits = limits;
        _rekey = rekey;
        _budget = budget;
        _id = id;
        _logger = logger;
        _send = send;
        _reader = reader;
        _ending = ending;
    }

    /// <summary>The channels; null until <see cref="Open"/>, and then the same to the end. Any thread.</summary>
    public Multiplexer? Channels => Volatile.Read(ref _multiplexer);

    /// <summary>Re-keys so far. Any thread, which may see an older number.</summary>
    public int Rekeys => Volatile.Read(ref _rekeys);

    /// <summary>Begins the first key exchange.</summary>
    public void Start(KeyExchangeSide exchange)
    {
        _exchange = exchange;
        exchange.Start();
    }

    /// <summary>The peer's identification string is here.</summary>
    public void TakeVersion(string version) => _exchange.PeerVersion = version;

    /// <summary>Authentication has succeeded, and channels may open.</summary>
    public void Open(Multiplexer multiplexer) => Volatile.Write(ref _multiplexer, multiplexer);

    /// <summary>Takes one packet: what the transport layer knows itself, what a key exchange owns, the layers above.</summary>
    public void Receive(ReadOnlyMemory<byte> packet)
    {
        var payload = packet.Span;
        var number = payload[0];
        var isAfterFirstKeys = _isAfterFirstKeys;
        _isAfterFirstKeys = false;
        if (number is < MessageNumber.KexInit or > MessageNumber.LastTransport)
        {
            RequireAllowedDuringExchange(number);
        }

        switch (number)
        {
            case 0:
                throw DisconnectException.Protocol("message number 0");
            case MessageNumber.Disconnect:
                _ending.EndByPeer(MessageCodec.Read<Disconnect>(payload));
                break;
            case MessageNumber.Ignore:
            case MessageNumber.Unimplemented:
            case MessageNumber.Debug:
                // Nothing to do for them (RFC 4253 section 11), whatever they hold.
                break;
            case MessageNumber.ExtInfo:
                _role.ReceiveExtInfo(MessageCodec.Read<ExtInfo>(payload), isAfterFirstKeys);
                break;
            case >= MessageNumber.KexInit and <= MessageNumber.LastTransport:
                ReceiveKeyExchange(payload);
                break;
            case MessageNumber.Ping when _multiplexer is not null:
                AnswerPing(MessageCodec.Read<Ping>(payload));
                break;
            case MessageNumber.ServiceRequest or MessageNumber.ServiceAccept:
            case > MessageNumber.LastTransport and < MessageNumber.FirstConnection:
                if (!_role.ReceiveAuthentication(payload))
                {
                    SendUnimplemented();
                }

                break;
            case >= MessageNumber.FirstConnection when _multiplexer is null:
                throw DisconnectException.Protocol($"message {number} before authentication");
            case >= MessageNumber.FirstConnection and <= MessageNumber.ChannelFailure:
                _multiplexer!.Receive(packet);
                break;
            default:
                SendUnimplemented();
                break;
        }
    }

    /// <summary>Behind packets that were received together, also when one of them was at fault: hands over their data.</summary>
    public void HandOverData() => _multiplexer?.HandOverData();

    /// <summary>Asks for new keys when what came has worn these out.</summary>
    public void LookAtWear()
    {
        if (_reader.BytesUnderKey >= _limits.RekeyBytes || _reader.PacketsUnderKey >= _limits.RekeyPackets)
        {
            StartRekey();
        }
    }

    /// <summary>Looks after what other threads have posted.</summary>
    public void TakePosted()
    {
        _multiplexer?.TakePosted();
        if (_rekey.IsDue)
        {
            StartRekey();
        }
    }

    /// <summary>The answer to a message that nobody knows (RFC 4253 section 11.4).</summary>
    private void SendUnimplemented() => _send.Append(new Unimplemented(unchecked(_reader.NextSequence - 1)));

    private void RequireAllowedDuringExchange(byte number)
    {
        if (number == MessageNumber.Disconnect)
        {
            return;
        }

        if (_exchange.IsOnlyExchangeAllowed)
        {
            throw DisconnectException.Protocol($"message {number} in a strict key exchange");
        }

        if ((!_exchange.HasKeys || _exchange.IsPeerBound) && number > MessageNumber.Debug && !IsTakenBetweenKeys(number))
        {
            throw DisconnectException.Protocol($"message {number} during a key exchange");
        }
    }

    // It is under the old keys, whole and in its order, and bounded like what comes while a peer has not answered our KEXINIT: by
    // windows, by what waits for the new keys, and by the time that an exchange may take.
    private bool IsTakenBetweenKeys(byte number) =>
        number is >= MessageNumber.FirstConnection and <= MessageNumber.ChannelFailure
        && _multiplexer is not null
        && _role.TakesMessagesBetweenKeys;

    private void ReceiveKeyExchange(ReadOnlySpan<byte> payload)
    {
        var isFirst = !_exchange.HasKeys;
        if (!isFirst && payload[0] == MessageNumber.KexInit)
        {
            SpendRekey();
        }

        _exchange.Receive(payload);
        if (_exchange.IsRunning)
        {
            if (!isFirst)
            {
                _rekey.Watch();
            }

            return;
        }

        _logger.KeysChanged(_id);
        _rekey.Finish();
        if (_send.IsKeyWornOut)
        {
            // Ours is in use since our NEWKEYS, and was worn out before the peer's came.
            _rekey.Request();
        }

        _rekeys += isFirst ? 0 : 1;
        if (isFirst)
        {
            _isAfterFirstKeys = true;
            _role.OnFirstKeys();
        }
    }

    private void SpendRekey()
    {
        if (_multiplexer is null)
        {
            _budget.SpendEarly();
        }
        else if (!_exchange.IsRunning)
        {
            _budget.Spend(_reader.TotalBytes + _send.TotalBytes);
        }
    }

    private void AnswerPing(Ping ping)
    {
        if (ping.Content.Length > _limits.PingData)
        {
            throw DisconnectException.Protocol($"a ping of {ping.Content.Length} bytes exceeds {_limits.PingData}");
        }

        _send.Append(new Pong(ping.Content), PongOverhead + ping.Content.Length);
    }

    private void StartRekey()
    {
        if (_exchange.HasKeys && !_exchange.IsRunning && !_ending.HasEnded)
        {
            _exchange.Start();
            _rekey.Watch();
        }
    }
}

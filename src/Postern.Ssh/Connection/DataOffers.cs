using Postern.Ssh.EventLoops;

namespace Postern.Ssh.Connection;

/// <summary>
/// Offers a channel's data to its handler, and gives the peer credit for what that takes. Belongs to the connection's
/// dispatch lock.
/// </summary>
/// <param name="channel">The sending half, which credit leaves by.</param>
/// <param name="handler">Serves the channel.</param>
/// <param name="window">What the peer may send.</param>
/// <param name="growth">Lets that grow.</param>
/// <param name="backlog">What the handler did not take, and is behind with.</param>
/// <param name="fail">Ends the channel of a handler that threw, or took what there is not.</param>
internal sealed class DataOffers(
    ChannelOutbox channel,
    IChannelHandler handler,
    ReceiveWindow window,
    WindowGrowth growth,
    DataBacklog backlog,
    Action<Exception> fail)
{
    private bool _isCreditOver;

    /// <summary>Whether the handler left something of the last offer, and gets no other before <see cref="Resume"/>.</summary>
    public bool IsBlocked { get; private set; }

    /// <summary>The handler has room again.</summary>
    public void Resume() => IsBlocked = false;

    /// <summary>Offers data and returns how much of it needs no keeping.</summary>
    public int Offer(ReadOnlySpan<byte> data, bool isStandardError)
    {
        if (IsBlocked)
        {
            return 0;
        }

        int taken;
        try
        {
            taken = RequirePart(isStandardError ? handler.OnStandardError(data) : handler.OnData(data), data.Length);
        }
        catch (Exception exception)
        {
            fail(exception);
            return data.Length;
        }

        return Note(taken, data.Length);
    }

    /// <summary>The same for several pieces of the main stream.</summary>
    public int Offer(ReadOnlySpan<ReadOnlyMemory<byte>> pieces)
    {
        if (IsBlocked)
        {
            return 0;
        }

        var length = LoopDescriptor.LengthOf(pieces);
        int taken;
        try
        {
            taken = RequirePart(handler.OnData(pieces), length);
        }
        catch (Exception exception)
        {
            fail(exception);
            return length;
        }

        return Note(taken, length);
    }

    /// <summary>Gives credit for data that was taken, or that nobody wants, when enough of it has come together.</summary>
    public void Credit(int taken)
    {
        var credit = window.Take(taken);
        if (credit > 0 && !_isCreditOver)
        {
            channel.SendCredit(credit + growth.Grow(window, isConsumerBehind: !backlog.IsEmpty));
        }
    }

    /// <summary>The peer sends no more data, so it has no use for credit.</summary>
    public void EndCredit() => _isCreditOver = true;

    private static int RequirePart(int taken, int offered) => taken >= 0 && taken <= offered
        ? taken
        : throw new InvalidOperationException($"a handler took {taken} of {offered} bytes");

    private int Note(int taken, int offered)
    {
        IsBlocked = taken < offered;
        Credit(taken);
        return taken;
    }
}

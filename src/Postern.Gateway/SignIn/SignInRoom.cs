using Postern.Gateway.Listening;

namespace Postern.Gateway.SignIn;

/// <summary>Counts the connections that wait for a sign-in, in all and by source. Safe to use from any thread.</summary>
internal sealed class SignInRoom(GatewayConfig config)
{
    private readonly int _maximum = Math.Max(1, Math.Min(config.SignIn.Maximum, config.Startups.Start / 2));
    private readonly KeyedCounts<ClientSource> _bySource = new(config.SignIn.MaximumPerAddress);
    private int _count;

    /// <summary>How many wait.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Takes a place, which whoever disposes of the result gives back; or says which limit is reached.</summary>
    public (IDisposable? Place, AdmissionLimit? Limit) TryEnter(ClientSource source)
    {
        if (!_bySource.TryAdd(source))
        {
            return (null, AdmissionLimit.SignInsPerAddress);
        }

        if (Interlocked.Increment(ref _count) > _maximum)
        {
            Leave(source);
            return (null, AdmissionLimit.SignIns);
        }

        return (new Place(this, source), null);
    }

    private void Leave(ClientSource source)
    {
        Interlocked.Decrement(ref _count);
        _bySource.Remove(source);
    }

    private sealed class Place(SignInRoom room, ClientSource source) : IDisposable
    {
        private int _isLeft;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isLeft, 1) == 0)
            {
                room.Leave(source);
            }
        }
    }
}

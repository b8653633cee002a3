namespace Postern.Gateway.Connections;

/// <summary>One connection's place among those of its person; given back once, however often it is disposed of.</summary>
internal sealed class UserPlace(UserConnections connections, Guid person) : IDisposable
{
    private int _isLeft;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isLeft, 1) == 0)
        {
            connections.Leave(person);
        }
    }
}

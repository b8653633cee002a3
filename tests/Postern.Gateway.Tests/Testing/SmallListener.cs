using Postern.Targets;

namespace Postern.Gateway.Tests.Testing;

/// <summary>A listener of <see cref="SmallTarget"/>, whose test makes the connections.</summary>
internal sealed class SmallListener(int port, Action<SmallListener> onEnded) : ITargetListener
{
    public int Port => port;

    public ValueTask DisposeAsync()
    {
        onEnded(this);
        return ValueTask.CompletedTask;
    }
}

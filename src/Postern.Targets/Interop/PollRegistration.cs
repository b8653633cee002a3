using Microsoft.Win32.SafeHandles;

namespace Postern.Targets.Interop;

/// <summary>A descriptor at the poller: says what to watch it for. Safe to call from any thread.</summary>
internal sealed class PollRegistration(DescriptorPoller poller, SafeFileHandle descriptor, ulong id) : IDisposable
{
    private readonly Lock _gate = new();
    private PollEvents _interest;
    private bool _isDisposed;

    /// <summary>Starts watching for more.</summary>
    internal void Watch(PollEvents events)
    {
        lock (_gate)
        {
            Set(_interest | events);
        }
    }

    /// <summary>Takes the descriptor out; call it before the descriptor is closed.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            Set(PollEvents.None);
            _isDisposed = true;
        }

        poller.Forget(id);
    }

    private void Set(PollEvents interest)
    {
        if (!_isDisposed)
        {
            poller.Change(descriptor, id, _interest, interest);
            _interest = interest;
        }
    }
}

using System.Diagnostics.CodeAnalysis;

namespace Postern.Targets.Environments;

/// <summary>Lets one start or stop at a time through; those who wait find it done.</summary>
[SuppressMessage("Design", "CA1001", Justification = "Without a wait handle a semaphore holds nothing to dispose.")]
internal sealed class StartGate
{
    private readonly SemaphoreSlim _semaphore = new(1, 1);

    /// <summary>Waits for the turn; disposing the result ends it.</summary>
    internal async ValueTask<Turn> EnterAsync(CancellationToken cancellationToken)
    {
        await _semaphore.WaitAsync(cancellationToken);
        return new Turn(_semaphore);
    }

    internal readonly struct Turn(SemaphoreSlim semaphore) : IDisposable
    {
        public void Dispose() => semaphore.Release();
    }
}

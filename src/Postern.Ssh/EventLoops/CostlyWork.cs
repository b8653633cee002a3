using System.Diagnostics.CodeAnalysis;

namespace Postern.Ssh.EventLoops;

/// <summary>
/// Computing that takes milliseconds, at the wish of peers: it is done on the thread pool, and there is never more of it there than
/// the processors can do at once, so that whatever else goes through the pool waits for a few milliseconds and not for all of it.
/// Strangers wait for strangers only, each in the order of asking; a connection asks for one thing at a time. Any thread.
/// </summary>
/// <param name="turns">How many run at once, of strangers and of people who are signed in each.</param>
[SuppressMessage("Design", "CA1001", Justification = "It lives as long as the process, as the loops do, and its semaphores have no handles.")]
internal sealed class CostlyWork(int turns)
{
    private readonly SemaphoreSlim _strangers = new(turns);
    private readonly SemaphoreSlim _people = new(turns);

    /// <summary>Does the work on the thread pool when it has its turn.</summary>
    /// <param name="work">What to compute; it must not wait for anything.</param>
    /// <param name="isSignedIn">Whether it is the wish of somebody who is signed in.</param>
    /// <param name="whenBusy">Called at once when all turns are taken.</param>
    public async Task<T> RunAsync<T>(Func<T> work, bool isSignedIn, Action whenBusy)
    {
        var lane = isSignedIn ? _people : _strangers;
        if (lane.CurrentCount == 0)
        {
            whenBusy();
        }

        // The lane queues whoever waits, and the connections are bounded. A turn that is free is taken elsewhere than here, too.
        await lane.WaitAsync().ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            return work();
        }
        finally
        {
            lane.Release();
        }
    }
}

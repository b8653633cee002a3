using System.Collections.Concurrent;
using Postern.Ssh.EventLoops;
using Postern.Ssh.Tests.Fixtures;

namespace Postern.Ssh.Tests.EventLoops;

/// <summary>What takes long to compute waits for its turn, so that the thread pool has room for everything else.</summary>
public sealed class CostlyWorkTests : IDisposable
{
    private readonly CostlyWork _work = new(1);
    private readonly ManualResetEventSlim _gate = new();
    private readonly ConcurrentQueue<int> _done = new();
    private int _delays;

    public void Dispose() => _gate.Dispose();

    [Fact]
    public async Task Strangers_WaitForStrangersInTheirOrder_AndNobodyElseDoes()
    {
        var strangers = Enumerable.Range(0, 10).Select(i => _work.RunAsync(() => Stop(i), isSignedIn: false, () => _delays++)).ToArray();

        // Would be behind all of them.
        Assert.Equal(100, await _work.RunAsync(() => 100, isSignedIn: true, () => _delays++).WaitAsync(ScriptedPeer.Patience));
        await Task.Run(() => { }).WaitAsync(ScriptedPeer.Patience);
        Assert.Empty(_done);

        _gate.Set();
        Assert.Equal(Enumerable.Range(0, 10), await Task.WhenAll(strangers).WaitAsync(ScriptedPeer.Patience));
        Assert.Equal(Enumerable.Range(0, 10), _done);
        Assert.Equal(9, _delays);
    }

    [Fact]
    public async Task PeopleWhoAreSignedIn_WaitForOneAnotherOnly()
    {
        var people = Enumerable.Range(0, 10).Select(i => _work.RunAsync(() => Stop(i), isSignedIn: true, () => _delays++)).ToArray();
        Assert.Equal(100, await _work.RunAsync(() => 100, isSignedIn: false, () => _delays++).WaitAsync(ScriptedPeer.Patience));
        Assert.Empty(_done);

        _gate.Set();
        await Task.WhenAll(people).WaitAsync(ScriptedPeer.Patience);
        Assert.Equal(Enumerable.Range(0, 10), _done);
    }

    [Fact]
    public async Task WorkThatFails_GivesItsTurnBack()
    {
        for (var i = 0; i < 3; i++)
        {
            await Assert.ThrowsAsync<FormatException>(
                () => _work.RunAsync<int>(() => throw new FormatException(), isSignedIn: false, () => _delays++).WaitAsync(ScriptedPeer.Patience));
        }

        Assert.Equal(1, await _work.RunAsync(() => 1, isSignedIn: false, () => _delays++).WaitAsync(ScriptedPeer.Patience));
        Assert.Equal(0, _delays);
    }

    private int Stop(int i)
    {
        // The first holds the turn of all others.
        if (i == 0)
        {
            _gate.Wait(ScriptedPeer.Patience);
        }

        _done.Enqueue(i);
        return i;
    }
}

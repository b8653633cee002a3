using Postern.Ssh.Connection;
using Postern.Ssh.Messages;
using Postern.Ssh.Tests.Fixtures;
using Postern.Ssh.Transport;

namespace Postern.Ssh.Tests.Connection;

/// <summary>What very many refused channels leave behind, in the memory of the whole process.</summary>
[Collection(nameof(RefusedOpensTests))]
public sealed class RefusedOpensTests
{
    [Fact]
    public async Task Opens_ThatAreRefused_LeaveNothingBehind()
    {
        // Security 48: very many of them, in batches that the peer reads the answers of.
        var budget = new MemoryBudget(100_000_000);
        var (engine, peer) = await EngineFixture.ConnectAsync(
            EngineFixture.Config with { Transport = new TransportLimits { Memory = budget } });
        using var _ = engine;
        using var __ = peer;
        engine.Decide = _ => ValueTask.FromResult<ChannelOpenDecision>(
            new ChannelOpenDecision.Refused(ChannelOpenFailureReason.AdministrativelyProhibited, "no"));

        // Length, padding, 19 bytes of message and tag; fewer answers at once than a peer may leave unread.
        const int Answer = 4 + 32 + 16;
        const int Batch = 1000;
        var open = ScriptedPeer.Encode(new ChannelOpen("session", 0, 1_000_000, 32_768, []));
        await RefuseAsync();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < 300_000 / Batch; i++)
        {
            await RefuseAsync();
        }

        // The peer has the last answer a moment before the engine has let go of its packet.
        await WaitUntilUnusedAsync(budget);

        // 100 bytes kept of each would be seen.
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 30_000_000);

        async Task RefuseAsync()
        {
            using var packets = new MemoryStream();
            for (var i = 0; i < Batch; i++)
            {
                packets.Write(peer.Seal(open));
            }

            await peer.SendRawAsync(packets.ToArray());
            await peer.DiscardAsync(Batch * Answer);
        }
    }

    private static async Task WaitUntilUnusedAsync(MemoryBudget budget)
    {
        using var patience = new CancellationTokenSource(ScriptedPeer.Patience);
        while (budget.Used != 0)
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}

/// <summary>Memory is measured: nothing else runs meanwhile.</summary>
[CollectionDefinition(nameof(RefusedOpensTests), DisableParallelization = true)]
public sealed class RefusedOpensCollection;

using System.Collections.Concurrent;
using Postern.Ssh.Tests.Fixtures;
using Postern.Ssh.Transport;

namespace Postern.Ssh.Tests.Transport;

public sealed class MemoryBudgetTests
{
    private readonly MemoryBudget _budget = new(1000);
    private readonly ConcurrentQueue<(string Name, long Held)> _ended = new();

    [Fact]
    public void Levels_FollowTheSum()
    {
        using var account = Open("one");
        using var other = Open("two");
        account.Add(300);
        other.Add(200);
        Assert.False(_budget.IsTight);
        other.Add(1);
        Assert.True(account.IsTight);
        Assert.False(account.IsSpent);
        other.Add(499);
        Assert.True(account.IsSpent);
        Assert.Empty(_ended);

        other.Dispose();
        Assert.Equal(300, _budget.Used);
        Assert.False(account.IsTight);
    }

    [Fact]
    public async Task Spent_EndsWhoHoldsMost_UntilThereIsRoom()
    {
        using var small = Open("small");
        using var large = Open("large");
        using var larger = Open("larger");
        small.Add(100);
        large.Add(420);
        larger.Add(450);
        small.Add(31);

        await WaitForAsync(() => _ended.Count == 1);
        Assert.Equal(("larger", 450L), Assert.Single(_ended));
        Assert.Equal(1, _budget.Ended);

        // It is going, and what it holds counts as room.
        small.Add(300);
        Assert.Single(_ended);
        larger.Dispose();
        Assert.Equal(851, _budget.Used);
    }

    [Fact]
    public async Task Spent_AgainAndAgain_NeverEndsTwice()
    {
        using var idle = Open("idle");
        idle.Add(10);
        var accounts = Enumerable.Range(0, 200).Select(i => Open($"{i}")).ToList();
        Parallel.ForEach(accounts, account =>
        {
            for (var i = 0; i < 100; i++)
            {
                account.Add(1);
            }
        });
        await WaitForAsync(() => accounts.Where(a => !a.IsEnding).Sum(a => a.Held) + 10 <= 1000);

        // More may end while this is looked at.
        var ended = _ended.ToList();
        Assert.Equal(ended.Count, ended.DistinctBy(e => e.Name).Count());
        Assert.DoesNotContain(ended, e => e.Name == "idle");
        accounts.ForEach(a => a.Dispose());
        Assert.Equal(10, _budget.Used);
    }

    [Fact]
    public void Dispose_GivesBackWhateverWasKept()
    {
        var account = Open("one");
        account.Add(77);
        account.Dispose();
        account.Dispose();
        Assert.Equal(0, _budget.Used);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Limit_MustBeSomething(long limit) => Assert.Throws<ArgumentOutOfRangeException>(() => new MemoryBudget(limit));

    [Fact]
    public void Steps_AreCountedWhole()
    {
        var budget = new MemoryBudget(10_000_000);
        using var account = budget.Open(_ => { });
        var charge = new SteppedCharge(account);
        charge.Set(SteppedCharge.Step - 1);
        Assert.Equal(0, budget.Used);
        charge.Set(SteppedCharge.Step);
        charge.Set((2 * SteppedCharge.Step) - 1);
        Assert.Equal(SteppedCharge.Step, budget.Used);
        charge.Set(5 * SteppedCharge.Step);
        Assert.Equal(5 * SteppedCharge.Step, budget.Used);
        charge.Set((3 * SteppedCharge.Step) + 1);
        Assert.Equal(3 * SteppedCharge.Step, budget.Used);
        charge.Set(0);
        Assert.Equal(0, budget.Used);
    }

    private MemoryAccount Open(string name) => _budget.Open(held => _ended.Enqueue((name, held)));

    private static async Task WaitForAsync(Func<bool> isTrue)
    {
        using var patience = new CancellationTokenSource(ScriptedPeer.Patience);
        while (!isTrue())
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}

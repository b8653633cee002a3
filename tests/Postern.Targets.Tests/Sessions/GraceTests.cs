using Microsoft.Extensions.Logging.Abstractions;
using Postern.Testing;

namespace Postern.Targets.Tests.Sessions;

/// <summary>How long a command's output is waited for when the command is over.</summary>
public sealed class GraceTests : IAsyncLifetime
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(3);

    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("postern-grace-").FullName;
    private readonly GraceClock _clock = new();
    private ProcessTarget _target = null!;
    private ITargetApp _app = null!;

    public async Task InitializeAsync()
    {
        _target = ProcessTarget.Open(
            new ProcessTargetConfig { DataDirectory = Path.Combine(_folder, "data"), BackgroundOutputGrace = Grace },
            _clock,
            NullLogger<ProcessTarget>.Instance);
        var environment = TestDeployments.MakeEnvironment(TestDeployments.MakeApp());
        _app = await _target.PrepareAsync(environment, environment.Apps[0], 0, CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await _target.DisposeAsync();
        System.IO.Directory.Delete(_folder, recursive: true);
    }

    // As on a machine that stands still for longer than the grace: the timer is faster than who reads.
    [Fact]
    public async Task Output_ThatIsReadLate_ArrivesWhole()
    {
        // Less than a pipe holds, in so small packets that it takes several turns.
        const int Lines = 10_000;
        var channel = TestChannel.Open(_app.OpenSession(TargetFixture.MakeContext()), window: 1, maxPacket: 100);
        Assert.True(await channel.RequestAsync(TargetFixture.Exec($"seq 1 {Lines}")));
        await Programs.WaitUntilAsync(() => _clock.IsWaiting, "the end of the command");

        channel.WhenSent = () =>
        {
            _clock.Fire();
            _clock.Fire();
        };
        channel.OpenWindow(1 << 20);
        await channel.WaitForCloseAsync();

        Assert.Equal(string.Concat(Enumerable.Range(1, Lines).Select(number => number + "\n")), channel.OutputText);
        Assert.Equal(["exit-status 0", "eof", "close"], channel.Events);
    }

    // What holds the output and prints nothing keeps no channel.
    [Fact]
    public async Task SilentProcess_ThatHoldsTheOutput_IsNotWaitedForBeyondTheGrace()
    {
        var channel = TestChannel.Open(_app.OpenSession(TargetFixture.MakeContext()));
        Assert.True(await channel.RequestAsync(TargetFixture.Exec("sleep 600 & echo started")));
        await channel.WaitForOutputAsync("started");
        await Programs.WaitUntilAsync(() => _clock.IsWaiting, "the end of the command");
        Assert.DoesNotContain("close", channel.Events);

        // What was read before its end counts for the first.
        _clock.Fire();
        _clock.Fire();
        await channel.WaitForCloseAsync();
        Assert.Equal(["exit-status 0", "eof", "close"], channel.Events);
    }

    /// <summary>The system's clock, but for timers of the grace, which the test fires.</summary>
    private sealed class GraceClock : TimeProvider
    {
        private volatile GraceTimer? _timer;

        /// <summary>Whether a grace has begun.</summary>
        public bool IsWaiting => _timer is not null;

        public void Fire() => _timer!.Fire();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            dueTime == Grace ? _timer = new GraceTimer(() => callback(state)) : base.CreateTimer(callback, state, dueTime, period);
    }

    private sealed class GraceTimer(Action fire) : ITimer
    {
        private volatile bool _isDisposed;

        public void Fire()
        {
            if (!_isDisposed)
            {
                fire();
            }
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => throw new NotSupportedException("a grace is not changed");

        public void Dispose() => _isDisposed = true;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

using Postern.Ssh.Connection;

namespace Postern.Targets.Tests.Sessions;

public sealed class ExecTests(TargetFixture fixture) : IClassFixture<TargetFixture>
{
    [Fact]
    public async Task Exec_ThatExits_SendsOutputThenStatusThenEofThenClose()
    {
        TestChannel channel = await fixture.RunAsync("echo out; echo err >&2; exit 7");
        Assert.Equal("out\n", channel.OutputText);
        Assert.Equal("err\n", channel.ErrorText);
        Assert.Equal(["exit-status 7", "eof", "close"], channel.Events);
    }

    [Fact]
    public async Task Exec_RunsAsWebInApp()
    {
        TestChannel channel = await fixture.RunAsync("id -un; id -u; pwd; echo $HOME; hostname");
        Assert.Equal("web\n10000\n/app\n/app\napp.0\n", channel.OutputText);
    }

    [Fact]
    public async Task Exec_EndedBySignal_SendsItsName()
    {
        TestChannel channel = await fixture.RunAsync("kill -TERM $$");
        Assert.Equal(["exit-signal TERM", "eof", "close"], channel.Events);
    }

    [Fact]
    public async Task Exec_ReadsInputUntilEof()
    {
        TestChannel channel = fixture.OpenSession();
        Assert.True(await channel.RequestAsync(TargetFixture.Exec("cat; echo end")));
        channel.Send("hello ");
        channel.Send("world\n");
        channel.SendPeerEof();
        await channel.WaitForCloseAsync();
        Assert.Equal("hello world\nend\n", channel.OutputText);
        Assert.Equal(0, channel.ExitStatus);
    }

    [Fact]
    public async Task Exec_WithMoreOutputThanWindow_WaitsAndLosesNothing()
    {
        TestChannel channel = fixture.OpenSession(window: 1000);
        Assert.True(await channel.RequestAsync(TargetFixture.Exec("seq 1 200000; exit 3")));
        while (channel.ExitStatus is null)
        {
            channel.OpenWindow(50_000);
            await Task.Yield();
        }

        await channel.WaitForCloseAsync();
        string expected = string.Concat(Enumerable.Range(1, 200_000).Select(number => number + "\n"));
        Assert.Equal(expected, channel.OutputText);
        Assert.Equal(3, channel.ExitStatus);
    }

    [Fact]
    public async Task Exec_ThatDoesNotRead_LeavesInputWithTheEngine()
    {
        TestChannel channel = fixture.OpenSession();
        Assert.True(await channel.RequestAsync(TargetFixture.Exec("until [ -e /tmp/reads ]; do sleep 0.05; done; wc -c")));
        channel.Send(new byte[1 << 20]);
        Assert.True(channel.Unconsumed > 0);
        await fixture.RunAsync("touch /tmp/reads");
        channel.Send(new byte[1000]);
        channel.SendPeerEof();
        await channel.WaitForCloseAsync();
        Assert.Equal("1049576\n", channel.OutputText);
    }

    // Neither takes more input before it has printed, which it cannot any more.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Exec_ThatPrintsToAPeerThatHasClosed_Ends(bool hasTerminal)
    {
        TestChannel channel = fixture.OpenSession(window: 1000);
        if (hasTerminal)
        {
            Assert.True(await channel.RequestAsync(new ChannelRequest.PseudoTerminal("xterm", new TerminalSize(80, 24, 0, 0), ReadOnlyMemory<byte>.Empty)));
        }

        Assert.True(await channel.RequestAsync(TargetFixture.Exec("cat")));
        for (int i = 0; i < 100; i++)
        {
            channel.Send(string.Concat(Enumerable.Repeat("a line of input\n", 1000)));
        }

        Assert.True(channel.Unconsumed > 0);
        channel.ClosePeer();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (channel.Unconsumed > 0)
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        channel.Drop();
    }

    [Fact]
    public async Task Exec_WithBackgroundProcessHoldingOutput_EndsAfterGrace()
    {
        TestChannel channel = await fixture.RunAsync("sleep 60 & echo started");
        Assert.Equal("started\n", channel.OutputText);
        Assert.Equal(0, channel.ExitStatus);
    }

    [Fact]
    public async Task Exec_DroppedChannel_HangsUpTheCommand()
    {
        TestChannel channel = fixture.OpenSession();

        // Bash reports the end of sleep on its standard error, which is closed by then and would end it first.
        Assert.True(await channel.RequestAsync(TargetFixture.Exec(
            "exec 2>/dev/null; trap 'echo hup >/tmp/hup; exit' HUP; echo ready; while :; do sleep 0.05; done")));
        await channel.WaitForOutputAsync("ready");
        channel.Drop();
        TestChannel check = await fixture.RunAsync("for i in $(seq 1000); do grep hup /tmp/hup 2>/dev/null && exit; sleep 0.05; done; exit 1");
        Assert.Equal("hup\n", check.OutputText);
    }

    [Fact]
    public async Task Signal_WithoutTerminal_ReachesTheCommand()
    {
        TestChannel channel = fixture.OpenSession();
        Assert.True(await channel.RequestAsync(TargetFixture.Exec("trap 'echo got; exit 5' USR1; echo ready; while :; do sleep 0.05; done")));
        await channel.WaitForOutputAsync("ready");
        Assert.True(await channel.RequestAsync(new Postern.Ssh.Connection.ChannelRequest.Signal("USR1")));
        await channel.WaitForCloseAsync();
        Assert.Equal(5, channel.ExitStatus);
        Assert.False(await channel.RequestAsync(new Postern.Ssh.Connection.ChannelRequest.Signal("nonsense")));
    }

    [Fact]
    public async Task Exec_WithNulInCommand_IsRefused()
    {
        TestChannel channel = fixture.OpenSession();
        Assert.False(await channel.RequestAsync(TargetFixture.Exec("echo a\0b")));
    }

    [Fact]
    public async Task SecondCommand_OnOneChannel_IsRefused()
    {
        TestChannel channel = fixture.OpenSession();
        Assert.True(await channel.RequestAsync(TargetFixture.Exec("true")));
        Assert.False(await channel.RequestAsync(TargetFixture.Exec("true")));
        await channel.WaitForCloseAsync();
    }

    [Fact]
    public async Task Sessions_OfOneApp_SeeEachOther()
    {
        TestChannel first = fixture.OpenSession();
        Assert.True(await first.RequestAsync(TargetFixture.Exec("echo shared >/tmp/file; echo ready; exec sleep 54321")));
        await first.WaitForOutputAsync("ready");

        // It is ready a moment before it becomes the sleep.
        TestChannel second = await fixture.RunAsync(
            "cat /tmp/file; until ps -e -o args | grep -c '^sleep 5432[1]' >/tmp/count; do sleep 0.05; done; cat /tmp/count");
        Assert.Equal("shared\n1\n", second.OutputText);
        first.Drop();
    }

    [Fact]
    public async Task ManyShortCommands_LoseNeitherOutputNorStatus()
    {
        const int Rounds = 40;
        const int Together = 8;
        for (int round = 0; round < Rounds; round++)
        {
            TestChannel[] channels = await Task.WhenAll(
                Enumerable.Range(0, Together).Select(number => fixture.RunAsync($"echo {number}; exit 7")));
            for (int i = 0; i < Together; i++)
            {
                Assert.Equal($"{i}\n", channels[i].OutputText);
                Assert.Equal(["exit-status 7", "eof", "close"], channels[i].Events);
            }
        }
    }
}

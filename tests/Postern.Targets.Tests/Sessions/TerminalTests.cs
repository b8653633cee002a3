using Postern.Ssh.Connection;
using Postern.Testing;

namespace Postern.Targets.Tests.Sessions;

public sealed class TerminalTests(TargetFixture fixture) : IClassFixture<TargetFixture>
{
    private static readonly ChannelRequest.PseudoTerminal Terminal =
        new("xterm-256color", new TerminalSize(80, 24, 0, 0), ReadOnlyMemory<byte>.Empty);

    [Fact]
    public async Task Shell_WithTerminal_ShowsMessageThenPrompt()
    {
        TestChannel channel = TestChannel.Open(fixture.App.OpenSession(TargetFixture.MakeContext("Welcome\nto main.\n")));
        Assert.True(await channel.RequestAsync(Terminal));
        Assert.True(await channel.RequestAsync(new ChannelRequest.Shell()));
        await channel.WaitForOutputAsync("web@app.0:~$ ");
        Assert.StartsWith("Welcome\r\nto main.\r\n", channel.OutputText, StringComparison.Ordinal);
        channel.Send("exit 7\n");
        await channel.WaitForCloseAsync();
        Assert.Equal(["exit-status 7", "eof", "close"], channel.Events);
    }

    [Fact]
    public async Task Exec_WithTerminal_ShowsNoMessage()
    {
        TestChannel channel = TestChannel.Open(fixture.App.OpenSession(TargetFixture.MakeContext("Welcome\n")));
        Assert.True(await channel.RequestAsync(Terminal));
        Assert.True(await channel.RequestAsync(TargetFixture.Exec("tty; echo $TERM $SSH_TTY; stty size")));
        await channel.WaitForCloseAsync();
        string[] lines = channel.OutputText.Split("\r\n");
        Assert.StartsWith("/dev/pts/", lines[0], StringComparison.Ordinal);
        Assert.Equal($"xterm-256color {lines[0]}", lines[1]);
        Assert.Equal("24 80", lines[2]);
    }

    [Fact]
    public async Task Shell_WithoutTerminal_ShowsNothingOfItsOwn()
    {
        TestChannel channel = TestChannel.Open(fixture.App.OpenSession(TargetFixture.MakeContext("Welcome\n")));
        Assert.True(await channel.RequestAsync(new ChannelRequest.Shell()));
        channel.Send("echo clean\n");
        channel.SendPeerEof();
        await channel.WaitForCloseAsync();
        Assert.Equal("clean\n", channel.OutputText);
        Assert.Equal("", channel.ErrorText);
    }

    [Fact]
    public async Task WindowChange_IsSeenAtOnce()
    {
        TestChannel channel = await OpenShellAsync();
        Assert.True(await channel.RequestAsync(new ChannelRequest.WindowChange(new TerminalSize(132, 43, 0, 0))));
        channel.Send("stty size\n");
        await channel.WaitForOutputAsync("43 132");
        channel.Drop();
    }

    [Fact]
    public async Task ControlC_InterruptsTheForegroundOnly()
    {
        TestChannel channel = await OpenShellAsync();
        channel.Send("sh -c 'echo rea\"\"dy; exec sleep 1000'\n");
        await channel.WaitForOutputAsync("ready");
        channel.Send("\u0003");
        await channel.WaitForOutputAsync("^C");
        await TypeUntilAsync(channel, "echo al''ive\n", "alive");
        channel.Drop();
    }

    [Fact]
    public async Task ControlZ_SuspendsAndFgResumes()
    {
        TestChannel channel = await OpenShellAsync();
        channel.Send("sh -c 'echo rea\"\"dy; exec cat'\n");
        await channel.WaitForOutputAsync("ready");
        channel.Send("one\n");
        await channel.WaitForOutputAsync("one\r\none\r\n");
        channel.Send("\u001a");
        await channel.WaitForOutputAsync("Stopped");
        channel.Send("jobs; fg\n");
        await channel.WaitForOutputAsync("+  Stopped");

        await TypeUntilAsync(channel, "two\n", "two\r\ntwo\r\n");
        channel.Send("\u0004");
        channel.Send("exit 4\n");
        await channel.WaitForCloseAsync();
        Assert.Equal(4, channel.ExitStatus);
    }

    [Fact]
    public async Task TerminalModes_AreApplied()
    {
        // ECHO off (53), VINTR = ^X (1), ONLCR off (72), an opcode that nobody knows, end.
        byte[] modes = [53, 0, 0, 0, 0, 1, 0, 0, 0, 24, 72, 0, 0, 0, 0, 150, 1, 2, 3, 4, 0];
        TestChannel channel = TestChannel.Open(fixture.App.OpenSession(TargetFixture.MakeContext()));
        Assert.True(await channel.RequestAsync(Terminal with { Modes = modes }));
        Assert.True(await channel.RequestAsync(TargetFixture.Exec("stty -a")));
        await channel.WaitForCloseAsync();
        Assert.Contains("intr = ^X;", channel.OutputText, StringComparison.Ordinal);
        Assert.Contains(" -echo ", channel.OutputText, StringComparison.Ordinal);
        Assert.Contains(" -onlcr ", channel.OutputText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Signal_WithTerminal_ReachesTheForeground()
    {
        TestChannel channel = await OpenShellAsync();
        channel.Send("sh -c 'trap \"echo ha\\\"\\\"ndled; exit\" USR2; echo rea\"\"dy; while :; do sleep 0.05; done'\n");
        await channel.WaitForOutputAsync("ready");
        Assert.True(await channel.RequestAsync(new ChannelRequest.Signal("USR2")));
        await channel.WaitForOutputAsync("handled");
        channel.Drop();
    }

    [Fact]
    public async Task DroppedChannel_EndsTheShellAndItsJobs()
    {
        TestChannel channel = await OpenShellAsync();
        channel.Send("sh -c 'echo rea\"\"dy; exec sleep 98765'\n");
        await channel.WaitForOutputAsync("ready");
        channel.Drop();
        TestChannel check = await fixture.RunAsync(
            "for i in $(seq 1000); do ps -e -o args | grep -q '^sleep 9876[5]' || exit 0; sleep 0.05; done; exit 1");
        Assert.Equal(0, check.ExitStatus);
    }

    [Fact]
    public async Task BackgroundProcessWithItsOwnSession_DoesNotKeepTheChannel()
    {
        TestChannel channel = await OpenShellAsync();
        channel.Send("setsid sleep 30 & exit 3\n");
        await channel.WaitForCloseAsync();
        Assert.Equal(3, channel.ExitStatus);
    }

    [Fact]
    public async Task MuchOutput_WithSmallWindow_ArrivesWhole()
    {
        TestChannel channel = TestChannel.Open(fixture.App.OpenSession(TargetFixture.MakeContext()), window: 10);
        Assert.True(await channel.RequestAsync(Terminal));
        Assert.True(await channel.RequestAsync(TargetFixture.Exec("seq 1 20000; exit 9")));
        while (channel.ExitStatus is null)
        {
            channel.OpenWindow(3000);
            await Task.Yield();
        }

        string expected = string.Concat(Enumerable.Range(1, 20_000).Select(number => number + "\r\n"));
        Assert.Equal(expected, channel.OutputText);
    }

    [Fact]
    public async Task SecondTerminal_IsRefused()
    {
        TestChannel channel = TestChannel.Open(fixture.App.OpenSession(TargetFixture.MakeContext()));
        Assert.True(await channel.RequestAsync(Terminal));
        Assert.False(await channel.RequestAsync(Terminal));
        Assert.False(await channel.RequestAsync(new ChannelRequest.Subsystem("nonsense")));
        Assert.False(await channel.RequestAsync(new ChannelRequest.Unknown("x11-req")));
    }

    // What is typed while the shell still changes the terminal's modes is lost, as everywhere: type until it is not.
    private static Task TypeUntilAsync(TestChannel channel, string line, string expected) => Programs.WaitUntilAsync(
        () =>
        {
            if (channel.OutputText.Contains(expected, StringComparison.Ordinal))
            {
                return true;
            }

            channel.Send(line);
            return false;
        },
        $"'{expected}'");

    private async Task<TestChannel> OpenShellAsync()
    {
        TestChannel channel = TestChannel.Open(fixture.App.OpenSession(TargetFixture.MakeContext()));
        Assert.True(await channel.RequestAsync(Terminal));
        Assert.True(await channel.RequestAsync(new ChannelRequest.Shell()));
        await channel.WaitForOutputAsync("$ ");
        return channel;
    }
}

using Postern.Ssh.Connection;

namespace Postern.Targets.Tests.Sessions;

/// <summary>Security 9: a forced command runs whatever is asked for, and a terminal comes only where it is allowed.</summary>
public sealed class ForcedCommandTests(TargetFixture fixture) : IClassFixture<TargetFixture>
{
    private const string Forced = "echo \"forced:${SSH_ORIGINAL_COMMAND-nothing}\"; exit 3";

    [Theory]
    [InlineData("exec", "forced:rm -rf '/app'; $(id) \"ä\n\"\n")]
    [InlineData("shell", "forced:nothing\n")]
    [InlineData("subsystem", "forced:sftp\n")]
    [InlineData("unknown subsystem", "forced:$(touch /tmp/x)\n")]
    public async Task ForcedCommand_RunsInPlaceOfAnything(string what, string output)
    {
        TestChannel channel = Open(Forced);

        Assert.True(await channel.RequestAsync(what switch
        {
            "exec" => TargetFixture.Exec("rm -rf '/app'; $(id) \"ä\n\""),
            "shell" => new ChannelRequest.Shell(),
            "subsystem" => new ChannelRequest.Subsystem("sftp"),
            _ => new ChannelRequest.Subsystem("$(touch /tmp/x)"),
        }));
        await channel.WaitForCloseAsync();

        Assert.Equal(output, channel.OutputText);
        Assert.Equal(3, channel.ExitStatus);
        Assert.Equal("0\n", (await fixture.RunAsync("ls /tmp | grep -c '^x$'; true")).OutputText);
    }

    [Fact]
    public async Task ForcedCommand_CannotBeSetUpByTheClientsVariables()
    {
        TestChannel channel = Open(Forced);
        Assert.False(await channel.RequestAsync(new ChannelRequest.EnvironmentVariable("SSH_ORIGINAL_COMMAND", "mine")));
        Assert.False(await channel.RequestAsync(new ChannelRequest.EnvironmentVariable("BASH_ENV", "/tmp/mine")));
        Assert.True(await channel.RequestAsync(new ChannelRequest.Shell()));
        await channel.WaitForCloseAsync();
        Assert.Equal("forced:nothing\n", channel.OutputText);
    }

    [Fact]
    public async Task ForcedCommand_WithTerminal_ShowsNoGreeting()
    {
        TestChannel channel = Open(Forced);
        Assert.True(await channel.RequestAsync(Terminal));
        Assert.True(await channel.RequestAsync(new ChannelRequest.Shell()));
        await channel.WaitForCloseAsync();
        Assert.Equal("forced:nothing\r\n", channel.OutputText);
    }

    // What cannot be handed on as it was asked is refused: the forced command decides by it.
    [Theory]
    [InlineData(new byte[] { 0xff, 0xfe })]
    [InlineData(new byte[] { (byte)'a', 0, (byte)'b' })]
    public async Task OriginalCommand_ThatIsNoText_IsRefused(byte[] command) =>
        Assert.False(await Open(Forced).RequestAsync(new ChannelRequest.Exec(command)));

    [Fact]
    public async Task SecondCommand_AfterTheForcedOne_IsRefused()
    {
        TestChannel channel = Open(Forced);
        Assert.True(await channel.RequestAsync(new ChannelRequest.Shell()));
        Assert.False(await channel.RequestAsync(TargetFixture.Exec("true")));
        await channel.WaitForCloseAsync();
        Assert.Equal("forced:nothing\n", channel.OutputText);
    }

    [Fact]
    public async Task Terminal_WhereItIsNotAllowed_IsRefusedAndCommandsRun()
    {
        TestChannel channel = TestChannel.Open(fixture.App.OpenSession(TargetFixture.MakeContext() with { AllowsTerminal = false }));
        Assert.False(await channel.RequestAsync(Terminal));
        Assert.True(await channel.RequestAsync(TargetFixture.Exec("tty; true")));
        channel.SendPeerEof();
        await channel.WaitForCloseAsync();
        Assert.Equal("not a tty\n", channel.OutputText);
    }

    private static ChannelRequest Terminal => new ChannelRequest.PseudoTerminal("xterm", new TerminalSize(80, 24, 0, 0), ReadOnlyMemory<byte>.Empty);

    private TestChannel Open(string forced) =>
        TestChannel.Open(fixture.App.OpenSession(TargetFixture.MakeContext("Welcome.\n") with { ForcedCommand = forced }));
}

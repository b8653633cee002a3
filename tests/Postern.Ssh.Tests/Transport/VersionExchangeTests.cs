using System.Text;
using Postern.Ssh.Server;
using Postern.Ssh.Tests.Fixtures;

namespace Postern.Ssh.Tests.Transport;

/// <summary>Hostile forms of the identification string, and slow ones.</summary>
public class VersionExchangeTests
{
    [Fact]
    public async Task Version_OneByteAtATime_IsRead()
    {
        var (engine, peer) = await EngineFixture.StartAsync();
        foreach (var b in Encoding.ASCII.GetBytes(ScriptedPeer.Version + "\r\n"))
        {
            await peer.SendRawAsync(new[] { b });
        }

        await peer.ReadVersionAsync();
        await peer.ExchangeKeysAsync();
        await peer.RequestServiceAsync();
        peer.Dispose();
        Assert.Equal(ConnectionEnd.TransportClosed, await engine.EndAsync());
    }

    [Fact]
    public async Task Version_OfAMebibyteWithoutEnd_Disconnects()
    {
        var (engine, peer) = await EngineFixture.StartAsync();
        await peer.SendRawAsync(Encoding.ASCII.GetBytes("SSH-2.0-".PadRight(1024 * 1024, 'x')));
        Assert.Equal(ConnectionEnd.ProtocolError, await engine.EndAsync());
        peer.Dispose();
    }

    [Theory]
    [InlineData("SSH-1.5-old\r\n")]
    [InlineData("hello\r\nSSH-2.0-x\r\n")]
    [InlineData("SSH-2.0-\0\r\n")]
    public async Task Version_OfAnotherForm_Disconnects(string line)
    {
        var (engine, peer) = await EngineFixture.StartAsync();
        await peer.SendRawAsync(Encoding.ASCII.GetBytes(line));
        Assert.Equal(ConnectionEnd.ProtocolError, await engine.EndAsync());
        peer.Dispose();
    }

    [Fact]
    public async Task SilentPeer_IsDroppedWhenTheGraceIsOver_AndNoTimerIsLeft()
    {
        var clock = new FakeTimeProvider();
        var (engine, peer) = await EngineFixture.StartAsync(EngineFixture.Config with { TimeProvider = clock });
        await peer.SendRawAsync("SSH-2.0-slow"u8.ToArray());
        clock.Advance(TimeSpan.FromSeconds(119));
        Assert.False(engine.Running.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(ConnectionEnd.AuthenticationFailed, await engine.EndAsync());
        Assert.Equal(0, clock.ActiveTimers);
        peer.Dispose();
    }

    [Fact]
    public async Task PeerThatNeverAuthenticates_IsDroppedWhenTheGraceIsOver()
    {
        var clock = new FakeTimeProvider();
        var (engine, peer) = await EngineFixture.StartAsync(EngineFixture.Config with { TimeProvider = clock });
        await peer.ExchangeVersionsAsync();
        await peer.ExchangeKeysAsync();
        await peer.RequestServiceAsync();
        clock.Advance(TimeSpan.FromSeconds(120));
        Assert.Equal("nobody was authenticated in time", (await peer.ReadToEndAsync())?.Description);
        Assert.Equal(ConnectionEnd.AuthenticationFailed, await engine.EndAsync());
        peer.Dispose();
    }

    [Fact]
    public async Task AuthenticatedPeer_OutlivesTheGrace()
    {
        var clock = new FakeTimeProvider();
        var (engine, peer) = await EngineFixture.ConnectAsync(EngineFixture.Config with { TimeProvider = clock });
        clock.Advance(TimeSpan.FromSeconds(200));
        await peer.SendAsync(new Ssh.Messages.Ping([1]));
        await peer.ExpectAsync<Ssh.Messages.Pong>();
        peer.Dispose();
        Assert.Equal(ConnectionEnd.TransportClosed, await engine.EndAsync());
    }
}

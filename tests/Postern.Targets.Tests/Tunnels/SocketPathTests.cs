using Postern.Ssh.Connection;

namespace Postern.Targets.Tests.Tunnels;

/// <summary>Security 56 and 74: paths of sockets are the app's, whatever they look like and whatever lies there.</summary>
public sealed class SocketPathTests(TargetFixture fixture) : IClassFixture<TargetFixture>
{
    public static TheoryData<string> Hostile => [
        "", "relative.sock", "\0abstract", "/tmp/a\0b", "/", "/tmp/", "/tmp/.", "/tmp/..", "/tmp/missing/x.sock",
        "/etc/postern/x.sock", "/usr/x.sock", "/app/x.sock", "/proc/self/cwd/x.sock", "/proc/1/root/tmp/x.sock",
        "/tmp/" + new string('n', 81), "/" + new string('p', 4095),
    ];

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task Listening_WhereTheAppCouldNot_IsRefused(string path)
    {
        var failure = await Assert.ThrowsAsync<TargetException>(
            async () => await fixture.App.ListenAsync(path, RefuseAsync, CancellationToken.None));
        Assert.Equal(TargetFailure.ListenFailed, failure.Failure);
    }

    [Theory]
    [MemberData(nameof(Hostile))]
    [InlineData("/etc/passwd")]
    [InlineData("/tmp")]
    [InlineData("/dev/null")]
    public async Task Connecting_ToWhatIsNoSocketOfTheApp_IsRefused(string path)
    {
        var failure = await Assert.ThrowsAsync<TargetException>(
            async () => await fixture.App.OpenSocketAsync(path, CancellationToken.None));
        Assert.Equal(TargetFailure.ConnectFailed, failure.Failure);
    }

    [Fact]
    public async Task LinksAndDots_LeadNowhereOutside()
    {
        string outside = Path.Combine(fixture.Folder, "outside");
        System.IO.Directory.CreateDirectory(outside);
        string depth = string.Concat(Enumerable.Repeat("../", 30));
        await fixture.RunAsync($"ln -s {outside} /tmp/link; ln -s /{depth}{outside[1..]} /tmp/deep");
        foreach (string folder in new[] { "/tmp/link", "/tmp/deep", $"/tmp/{depth}{outside[1..]}" })
        {
            await Assert.ThrowsAsync<TargetException>(
                async () => await fixture.App.ListenAsync($"{folder}/x.sock", RefuseAsync, CancellationToken.None));
        }

        Assert.Empty(System.IO.Directory.GetFileSystemEntries(outside));
    }

    [Fact]
    public async Task LinkInPlaceOfTheSocket_IsNotFollowed()
    {
        await fixture.RunAsync("echo kept >/tmp/victim; ln -s /tmp/victim /tmp/planted.sock; ln -s /tmp/new /tmp/dangling.sock");
        foreach (string path in new[] { "/tmp/planted.sock", "/tmp/dangling.sock", "/tmp/victim" })
        {
            await Assert.ThrowsAsync<TargetException>(
                async () => await fixture.App.ListenAsync(path, RefuseAsync, CancellationToken.None));
        }

        TestChannel after = await fixture.RunAsync("cat /tmp/victim; stat -c %a /tmp/victim; ls /tmp/new");
        Assert.Equal("kept\n644\n", after.OutputText);
    }

    [Fact]
    public async Task StaleSocket_IsReplaced_ALiveOneIsNot()
    {
        const string Path = "/tmp/again.sock";
        await fixture.RunAsync($"python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"{Path}\")'");
        await using ITargetListener first = await fixture.App.ListenAsync(Path, RefuseAsync, CancellationToken.None);
        await Assert.ThrowsAsync<TargetException>(
            async () => await fixture.App.ListenAsync(Path, RefuseAsync, CancellationToken.None));
    }

    [Fact]
    public async Task FileThatTookTheSocketsPlace_StaysWhenItEnds()
    {
        const string Path = "/tmp/moved.sock";
        ITargetListener listener = await fixture.App.ListenAsync(Path, RefuseAsync, CancellationToken.None);
        await fixture.RunAsync($"rm {Path}; echo mine >{Path}");
        await listener.DisposeAsync();
        Assert.Equal("mine\n", (await fixture.RunAsync($"cat {Path}")).OutputText);
    }

    private static Task<ChannelOpenResult> RefuseAsync(
        IChannelHandler handler, System.Net.IPEndPoint? originator, CancellationToken cancellationToken)
    {
        handler.OnClosed();
        return Task.FromResult<ChannelOpenResult>(
            new ChannelOpenResult.Refused(ChannelOpenFailureReason.AdministrativelyProhibited, "no"));
    }
}

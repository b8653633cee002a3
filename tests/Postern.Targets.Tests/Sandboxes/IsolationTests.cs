using System.Diagnostics;
using Postern.Directory.Deployments;

namespace Postern.Targets.Tests.Sandboxes;

public sealed class IsolationTests(TargetFixture fixture) : IClassFixture<TargetFixture>
{
    [Theory]
    [InlineData("cat /etc/shadow")]
    [InlineData("ls /root")]
    [InlineData("ls /home")]
    [InlineData("ls /work /data /mnt /srv")]
    [InlineData("cat /proc/1/root/etc/shadow")]
    [InlineData("touch /app/file")]
    [InlineData("touch /etc/file")]
    [InlineData("touch /usr/file")]
    [InlineData("touch /file")]
    [InlineData("touch /dev/file")]
    [InlineData("rm /dev/ptmx")]
    [InlineData("mknod /tmp/disk b 8 0")]
    [InlineData("mount -t tmpfs none /tmp")]
    [InlineData("unshare -U true")]
    [InlineData("unshare -m true")]
    [InlineData("su -c id")]
    [InlineData("chown 0 /tmp")]
    [InlineData("ls /proc/self/fd/9")]
    [InlineData("echo 1 >/proc/sys/kernel/printk")]
    [InlineData("dmesg -C")]
    public async Task HostileCommand_IsRefusedByTheSystem(string command)
    {
        TestChannel channel = await fixture.RunAsync(command);
        Assert.NotEqual(0, channel.ExitStatus);
        Assert.Equal("", channel.OutputText);
        Assert.NotEqual("", channel.ErrorText);
    }

    [Fact]
    public async Task ServersFiles_AreNotReachable()
    {
        string secret = Path.Combine(fixture.Folder, "secret");
        await File.WriteAllTextAsync(secret, "key");
        TestChannel channel = await fixture.RunAsync(
            $"cat {secret} /proc/*/root{secret} /proc/*/cwd/../../..{secret} 2>/dev/null; ls -d {fixture.Folder} 2>/dev/null");
        Assert.Equal("", channel.OutputText);
    }

    [Fact]
    public async Task Processes_RunWithoutAnyRightOfTheServer()
    {
        TestChannel channel = await fixture.RunAsync("grep -E '^(Uid|Gid|Groups|CapEff|CapPrm|NoNewPrivs)' /proc/self/status; cat /proc/self/uid_map");
        string[] lines = channel.OutputText.Split('\n');
        Assert.Contains("Uid:\t10000\t10000\t10000\t10000", lines);
        Assert.Contains("Gid:\t10000\t10000\t10000\t10000", lines);
        Assert.Contains("CapEff:\t0000000000000000", lines);
        Assert.Contains("CapPrm:\t0000000000000000", lines);
        Assert.Contains("NoNewPrivs:\t1", lines);
    }

    [Fact]
    public async Task Processes_AreNotRootOnThisMachine()
    {
        TestChannel channel = fixture.OpenSession();
        Assert.True(await channel.RequestAsync(TargetFixture.Exec("echo ready; exec sleep 13579")));
        await channel.WaitForOutputAsync("ready");
        using Process? process = Process.Start(new ProcessStartInfo("ps", "-e -o uid=,args=") { RedirectStandardOutput = true });
        string list = await process!.StandardOutput.ReadToEndAsync();
        string line = Assert.Single(list.Split('\n'), line => line.EndsWith("sleep 13579", StringComparison.Ordinal) && !line.Contains("nsenter", StringComparison.Ordinal) && !line.Contains("enter exec", StringComparison.Ordinal));
        Assert.NotEqual("0", line.Trim().Split(' ')[0]);
        channel.Drop();
    }

    [Fact]
    public async Task OtherProcesses_AreNotVisible()
    {
        TestChannel channel = await fixture.RunAsync("ps -e -o args | grep -c '[d]otnet'");
        Assert.Equal("0\n", channel.OutputText);
    }

    [Fact]
    public async Task Variables_AreNotOnAnyCommandLine()
    {
        TestChannel channel = fixture.OpenSession();
        Assert.True(await channel.RequestAsync(TargetFixture.Exec("echo ready; sleep 24680")));
        await channel.WaitForOutputAsync("ready");
        using Process? process = Process.Start(new ProcessStartInfo("ps", "-e -o args=") { RedirectStandardOutput = true });
        Assert.DoesNotContain(fixture.Environment.ProjectEntropy, await process!.StandardOutput.ReadToEndAsync(), StringComparison.Ordinal);
        channel.Drop();
    }

    [Fact]
    public async Task AppThatPreloadsCode_DoesNotReachTheLauncher()
    {
        DeployedApp app = TestDeployments.MakeApp("preload") with
        {
            Variables = new Dictionary<string, string> { ["env:LD_PRELOAD"] = "/app/evil.so", ["env:PATH"] = "/app", ["env:BASH_ENV"] = "/app/x" },
        };
        DeployedEnvironment environment = TestDeployments.MakeEnvironment(app) with { MachineName = "preload-aaaaaaa" };
        ITargetApp target = await fixture.Target.PrepareAsync(environment, app, 0, CancellationToken.None);
        TestChannel channel = await TargetFixture.RunAsync(target, "echo $PATH");
        Assert.Equal("/app\n", channel.OutputText);
        Assert.DoesNotContain("setpriv", channel.ErrorText, StringComparison.Ordinal);
        Assert.DoesNotContain("nsenter", channel.ErrorText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DeadSandbox_IsStartedAgainOnNextUse()
    {
        DeployedApp app = TestDeployments.MakeApp("dies");
        DeployedEnvironment environment = TestDeployments.MakeEnvironment(app) with { MachineName = "dies-aaaaaaa" };
        ITargetApp target = await fixture.Target.PrepareAsync(environment, app, 0, CancellationToken.None);
        TestChannel killer = await TargetFixture.RunAsync(target, "touch /tmp/mark; kill -9 $(pgrep -x sleep)");
        Assert.True(killer.ExitStatus is not null || killer.ExitSignal is not null);
        TestChannel again = await TargetFixture.RunAsync(target, "test -e /tmp/mark || echo fresh");
        for (int attempt = 0; attempt < 50 && again.OutputText != "fresh\n"; attempt++)
        {
            again = await TargetFixture.RunAsync(target, "test -e /tmp/mark || echo fresh");
        }

        Assert.Equal("fresh\n", again.OutputText);
    }

    [Fact]
    public async Task InstanceOutOfRange_IsRefused()
    {
        TargetException exception = await Assert.ThrowsAsync<TargetException>(
            async () => await fixture.Target.PrepareAsync(fixture.Environment, fixture.Environment.Apps[0], 1, CancellationToken.None));
        Assert.Equal(TargetFailure.NoSuchInstance, exception.Failure);
    }

    [Fact]
    public void SecondServer_OnTheSameFolder_IsRefused()
    {
        IOException exception = Assert.Throws<IOException>(() => TargetFixture.OpenTarget(fixture.DataFolder));
        Assert.Contains("another server", exception.Message, StringComparison.Ordinal);
    }
}

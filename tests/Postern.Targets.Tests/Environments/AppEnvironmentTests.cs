using System.Text;
using System.Text.Json.Nodes;
using Postern.Directory.Deployments;
using Postern.Ssh.Connection;

namespace Postern.Targets.Tests.Environments;

public sealed class AppEnvironmentTests(TargetFixture fixture) : IClassFixture<TargetFixture>
{
    [Theory]
    [InlineData("PLATFORM_APP_DIR", "/app")]
    [InlineData("PLATFORM_APPLICATION_NAME", "app")]
    [InlineData("PLATFORM_BRANCH", "main")]
    [InlineData("PLATFORM_ENVIRONMENT", "main-bvxea6i")]
    [InlineData("PLATFORM_ENVIRONMENT_TYPE", "production")]
    [InlineData("PLATFORM_PROJECT", "abcdefg123456")]
    [InlineData("PLATFORM_TREE_ID", "t1")]
    [InlineData("PLATFORM_DOCUMENT_ROOT", "/app")]
    [InlineData("PLATFORM_SMTP_HOST", "")]
    [InlineData("PLATFORM_APP_COMMAND", "")]
    [InlineData("GREETING", "it's \"me\" $HOME `id`")]
    [InlineData("SHELL", "/bin/bash")]
    public async Task Variable_HasItsValue(string name, string value)
    {
        TestChannel channel = await fixture.RunAsync($"printf '%s' \"${name}\"; test -n \"${{{name}+set}}\"");
        Assert.Equal(value, channel.OutputText);
        Assert.Equal(0, channel.ExitStatus);
    }

    [Fact]
    public async Task ProjectEntropy_Has56Characters()
    {
        TestChannel channel = await fixture.RunAsync("printf '%s' \"$PLATFORM_PROJECT_ENTROPY\" | wc -c");
        Assert.Equal("56\n", channel.OutputText);
    }

    [Fact]
    public async Task Variables_AreEncodedAndEnvironmentWins()
    {
        TestChannel channel = await fixture.RunAsync("echo $PLATFORM_VARIABLES | base64 -d");
        Assert.Equal("{\"plain\":\"environment\"}", channel.OutputText);
    }

    [Fact]
    public async Task Routes_AreEncoded()
    {
        TestChannel channel = await fixture.RunAsync("echo $PLATFORM_ROUTES | base64 -d");
        JsonNode route = JsonNode.Parse(channel.OutputText)!["https://example.test/"]!;
        Assert.Equal("app:http", (string?)route["upstream"]);
        Assert.True((bool)route["primary"]!);
    }

    [Fact]
    public async Task ConfigurationFile_HoldsTheSame()
    {
        TestChannel channel = await fixture.RunAsync("cat /run/config.json");
        JsonNode configuration = JsonNode.Parse(channel.OutputText)!;
        Assert.Equal("app", (string?)configuration["application"]!["name"]);
        Assert.Equal("abcdefg123456", (string?)configuration["info"]!["project"]);
    }

    [Theory]
    [InlineData("LANG", "de_DE.UTF-8", true)]
    [InlineData("LC_ALL", "C.UTF-8", true)]
    [InlineData("COLORTERM", "truecolor", true)]
    [InlineData("GIT_PROTOCOL", "version=2", true)]
    [InlineData("GIT_PROTOCOL", "version=9", false)]
    [InlineData("GIT_SSH_COMMAND", "evil", false)]
    [InlineData("LD_PRELOAD", "/tmp/evil.so", false)]
    [InlineData("LD_LIBRARY_PATH", "/tmp", false)]
    [InlineData("BASH_ENV", "/tmp/x", false)]
    [InlineData("PATH", "/tmp", false)]
    [InlineData("ENV", "/tmp/x", false)]
    [InlineData("PLATFORM_PROJECT", "x", false)]
    [InlineData("LANG", "../../tmp/x", false)]
    [InlineData("LC_ALL", "a\nb", false)]
    [InlineData("lc_all", "C", false)]
    [InlineData("LC_A=B", "C", false)]
    [InlineData("TERM", "xterm;id", false)]
    [InlineData("TERM", "../x", false)]
    [InlineData("", "", false)]
    public async Task ClientVariable_IsTakenFromTheAllowListOnly(string name, string value, bool isAllowed)
    {
        TestChannel channel = fixture.OpenSession();
        Assert.Equal(isAllowed, await channel.RequestAsync(new ChannelRequest.EnvironmentVariable(name, value)));
        Assert.True(await channel.RequestAsync(TargetFixture.Exec("env")));
        await channel.WaitForCloseAsync();
        Assert.Equal(isAllowed, channel.OutputText.Split('\n').Contains($"{name}={value}"));
    }

    [Fact]
    public async Task DotEnvironment_IsSourcedEvenForCommands()
    {
        ITargetApp app = await PrepareWithSourceAsync("sourced", ("x.sh", "#!/bin/sh\necho run\n"), (".environment", "export FROM_FILE=\"$PLATFORM_PROJECT-x\"\n"));
        TestChannel channel = await TargetFixture.RunAsync(app, "echo $FROM_FILE; cat x.sh | tail -1");
        Assert.Equal("abcdefg123456-x\necho run\n", channel.OutputText);
    }

    [Fact]
    public async Task DotEnvironment_WithSyntaxError_LetsPeopleIn()
    {
        ITargetApp app = await PrepareWithSourceAsync("faulty", (".environment", "if then ((\n"));
        TestChannel channel = await TargetFixture.RunAsync(app, "echo in");
        Assert.Equal("in\n", channel.OutputText);
        Assert.Contains("yntax error", channel.ErrorText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mounts_AreWritableAndOutliveADeployment()
    {
        string source = MakeSource("mounted", ("index.php", "<?php"));
        DeployedApp app = TestDeployments.MakeApp("mounted") with { Source = source };
        DeployedEnvironment first = TestDeployments.MakeEnvironment(app) with { MachineName = "mounted-aaaaaaa" };
        ITargetApp before = await fixture.Target.PrepareAsync(first, app, 0, CancellationToken.None);
        TestChannel write = await TargetFixture.RunAsync(before, "echo kept >var/data/file && ls");
        Assert.Equal("index.php\nvar\n", write.OutputText);

        await File.WriteAllTextAsync(Path.Combine(source, "second.php"), "<?php");
        DeployedEnvironment second = first with { TreeId = "t2" };
        await fixture.Target.UpdateAsync(second, CancellationToken.None);
        ITargetApp after = await fixture.Target.PrepareAsync(second, app, 0, CancellationToken.None);
        TestChannel read = await TargetFixture.RunAsync(after, "cat var/data/file; ls; echo $PLATFORM_TREE_ID");
        Assert.Equal("kept\nindex.php\nsecond.php\nvar\nt2\n", read.OutputText);

        string apps = Path.Combine(fixture.DataFolder, "environments", $"{second.ProjectId}-{second.MachineName}", "apps");
        Assert.Single(System.IO.Directory.GetDirectories(Path.Combine(apps, app.QualifiedName, "trees")));
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("a/../../b")]
    [InlineData("")]
    [InlineData("link/inside")]
    [InlineData("index.php")]
    public async Task Mount_ThatLeavesTheApp_IsRefused(string mount)
    {
        string source = MakeSource("hostile" + Guid.NewGuid().ToString("N")[..6], ("index.php", ""));
        File.CreateSymbolicLink(Path.Combine(source, "link"), "/etc");
        DeployedApp app = TestDeployments.MakeApp("hostile") with { Source = source, Mounts = [mount] };
        DeployedEnvironment environment = TestDeployments.MakeEnvironment(app) with { MachineName = "hostile-aaaaaaa" };
        TargetException exception = await Assert.ThrowsAsync<TargetException>(
            async () => await fixture.Target.PrepareAsync(environment, app, 0, CancellationToken.None));
        Assert.Equal(TargetFailure.AppNotStarted, exception.Failure);
        Assert.DoesNotContain(source, exception.PeerMessage, StringComparison.Ordinal);
        await fixture.Target.StopAsync(environment.ProjectId, environment.MachineName, CancellationToken.None);
    }

    [Fact]
    public async Task MissingSource_SaysSoToTheOperatorOnly()
    {
        DeployedApp app = TestDeployments.MakeApp("nowhere") with { Source = "/nowhere/at/all" };
        DeployedEnvironment environment = TestDeployments.MakeEnvironment(app) with { MachineName = "nowhere-aaaaaaa" };
        TargetException exception = await Assert.ThrowsAsync<TargetException>(
            async () => await fixture.Target.PrepareAsync(environment, app, 0, CancellationToken.None));
        Assert.Contains("/nowhere/at/all", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("/nowhere", exception.PeerMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StartCommand_RunsAndLogs()
    {
        DeployedApp app = TestDeployments.MakeApp("starts") with { StartCommand = "echo started on $PORT; exec sleep 1000" };
        DeployedEnvironment environment = TestDeployments.MakeEnvironment(app) with { MachineName = "starts-aaaaaaa" };
        ITargetApp target = await fixture.Target.PrepareAsync(environment, app, 0, CancellationToken.None);
        TestChannel channel = await TargetFixture.RunAsync(
            target, "for i in $(seq 200); do grep -q started /var/log/app.log && break; sleep 0.05; done; cat /var/log/app.log; echo started on $PORT");
        string[] lines = channel.OutputText.Split('\n');
        Assert.Equal(lines[0], lines[1]);
    }

    private async Task<ITargetApp> PrepareWithSourceAsync(string name, params (string Name, string Text)[] files)
    {
        DeployedApp app = TestDeployments.MakeApp(name) with { Source = MakeSource(name, files) };
        DeployedEnvironment environment = TestDeployments.MakeEnvironment(app) with { MachineName = name + "-aaaaaaa" };
        return await fixture.Target.PrepareAsync(environment, app, 0, CancellationToken.None);
    }

    private string MakeSource(string name, params (string Name, string Text)[] files)
    {
        string folder = Path.Combine(fixture.Folder, "source-" + name);
        System.IO.Directory.CreateDirectory(folder);
        foreach ((string file, string text) in files)
        {
            File.WriteAllText(Path.Combine(folder, file), text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        }

        return folder;
    }
}

using System.Net;
using System.Net.Sockets;
using Postern.Testing;

namespace Postern.EndToEnd;

/// <summary>What goes wrong on real machines gives one clear sentence and loses nothing.</summary>
public sealed class FaultTests
{
    [Fact]
    public async Task PortInUse_IsNamedAndNothingStarts()
    {
        await using var postern = await PosternInstallation.CreateAsync();
        foreach (var (port, setting) in new[] { (postern.SshPort, "ssh.listen"), (postern.HttpPort, "http.listen") })
        {
            using var taken = new TcpListener(IPAddress.Loopback, port);
            taken.Start();
            var result = await postern.TryOperateAsync("serve");
            Assert.Equal(1, result.ExitCode);
            Assert.Contains($"cannot listen on 127.0.0.1:{port}", result.Error, StringComparison.Ordinal);
            Assert.Contains(setting, result.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task CorruptConfiguration_IsReportedWhole()
    {
        await using var postern = await PosternInstallation.CreateAsync();
        await File.AppendAllTextAsync(postern.ConfigurationFile, "\nlogin: { session_idle_limit: soon }\nnonsense: 1\n");
        var result = await postern.TryOperateAsync("serve");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("login.session_idle_limit: 'soon' is not a length of time", result.Error, StringComparison.Ordinal);
        Assert.Contains("nonsense: there is no such setting", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FaultyTopology_IsReportedWholeAndChangesNothing()
    {
        await using var postern = await PosternInstallation.CreateAsync();
        await postern.AddPersonAsync("owner@postern.test");
        var file = Path.Combine(postern.Folder, "faulty.yaml");
        await File.WriteAllTextAsync(file, """
            organizations:
              - { name: acme, owner: owner@postern.test }
            projects:
              - id: abcdefg123456
                organization: acme
                environments:
                  main:
                    type: productive
                    apps:
                      app: { type: "bash:5", relationships: { database: "nothere:postgresql" } }
            """);
        var result = await postern.TryOperateAsync("apply", file);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("projects[0].environments.main.type", result.Error, StringComparison.Ordinal);
        Assert.Contains("projects[0].environments.main.apps.app.relationships.database", result.Error, StringComparison.Ordinal);
        Assert.Contains("nothing was changed", result.Error, StringComparison.Ordinal);

        await File.WriteAllTextAsync(file, "organizations: [\n");
        Assert.Contains("line ", (await postern.TryOperateAsync("apply", file)).Error, StringComparison.Ordinal);

        await File.WriteAllTextAsync(file, "organizations: [{ name: acme, owner: owner@postern.test }]\n");
        Assert.Contains("created organization acme", await postern.OperateAsync("apply", file), StringComparison.Ordinal);
    }

    [Fact]
    public async Task CorruptDatabase_IsReportedAndLeftAlone()
    {
        await using var postern = await PosternInstallation.CreateAsync();
        var database = Path.Combine(postern.Folder, "data", "postern.db");
        await File.WriteAllTextAsync(database, "this is not a database, and it is long enough to be looked at as one ...................................");
        var before = await File.ReadAllBytesAsync(database);
        var result = await postern.TryOperateAsync("user", "list");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("database", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(database));
    }

    [Fact]
    public async Task CorruptTunnelState_IsReportedAndNotThrownAway()
    {
        await using var postern = await PosternInstallation.CreateAsync();
        var home = postern.MakeHome("owner");
        var folder = Directory.CreateDirectory(Path.Combine(home.Folder, ".postern")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "tunnel-info.json"), "{ this is not JSON");
        var result = await home.PosternAsync("tunnels", "--all");
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("tunnel-info.json", result.Error, StringComparison.Ordinal);
        Assert.Contains(Directory.EnumerateFiles(folder), f => File.ReadAllText(f) == "{ this is not JSON");
    }

    [Fact]
    public async Task CorruptCliConfiguration_IsReportedWithItsPlace()
    {
        await using var postern = await PosternInstallation.CreateAsync();
        var home = postern.MakeHome("owner");
        var folder = Directory.CreateDirectory(Path.Combine(home.Folder, ".postern")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "config.yaml"), "api: [\n");
        var result = await home.PosternAsync("projects");
        Assert.Equal(4, result.ExitCode);
        Assert.Contains("config.yaml", result.Error, StringComparison.Ordinal);
    }

    /// <summary>A real file system of 12 MB that is filled to the last byte.</summary>
    [Fact]
    public async Task FullDisk_IsSaidAndNothingIsLost()
    {
        await using var postern = await PosternInstallation.CreateAsync();
        await postern.AddPersonAsync("owner@postern.test");
        var small = Directory.CreateDirectory(Path.Combine(postern.Folder, "small")).FullName;
        await Programs.ReadAsync("mount", ["-t", "tmpfs", "-o", "size=12m,mode=700", "tmpfs", small]);
        try
        {
            await Programs.ReadAsync("cp", ["-a", Path.Combine(postern.Folder, "data") + "/.", small]);
            await File.WriteAllTextAsync(
                postern.ConfigurationFile,
                (await File.ReadAllTextAsync(postern.ConfigurationFile)).Replace($"{postern.Folder}/data", small, StringComparison.Ordinal));
            await Programs.RunAsync("sh", ["-c", $"cat /dev/zero > {small}/filler"]);

            var refused = await postern.TryOperateAsync("user", "add", "second@postern.test");
            Assert.Equal(1, refused.ExitCode);
            Assert.Contains("disk is full", refused.Error, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("   at ", refused.Error, StringComparison.Ordinal);

            File.Delete(Path.Combine(small, "filler"));
            var users = await postern.OperateAsync("user", "list");
            Assert.Contains("owner@postern.test", users, StringComparison.Ordinal);
            Assert.DoesNotContain("second@postern.test", users, StringComparison.Ordinal);
            await postern.OperateAsync("user", "add", "second@postern.test");
        }
        finally
        {
            await Programs.RunAsync("umount", [small]);
        }
    }
}

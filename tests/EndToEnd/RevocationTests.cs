using System.Diagnostics;
using Postern.Testing;

namespace Postern.EndToEnd;

/// <summary>Security 24 and 28 with the tools that operators have: ssh-keygen's lists here, and our lists there.</summary>
public sealed class RevocationTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("postern-krl-").FullName;
    private PosternInstallation _postern = null!;
    private PersonalHome _owner = null!;
    private PersonalHome _contributor = null!;

    private string ListFile => Path.Combine(_folder, "revoked.krl");

    public async Task InitializeAsync()
    {
        await Programs.ReadAsync("ssh-keygen", ["-q", "-k", "-f", ListFile]);
        _postern = await PosternInstallation.CreateAsync($"  revoked_keys: {ListFile}");
        var tokens = new Dictionary<string, string>();
        foreach (var name in new[] { "owner", "contributor", "viewer" })
        {
            tokens[name] = await _postern.AddPersonAsync($"{name}@postern.test", name);
        }

        await _postern.ApplyAsync(Installation.Document);
        await _postern.StartAsync();
        _owner = await EnterAsync("owner", tokens["owner"]);
        _contributor = await EnterAsync("contributor", tokens["contributor"]);
    }

    public async Task DisposeAsync()
    {
        await _postern.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task RevokedCertificate_LosesTheRunningConnectionWithinFiveSeconds_AndADamagedListEndsNobody()
    {
        using var theirs = Begin(_contributor);
        using var ours = Begin(_owner);
        Assert.Equal("in", await theirs.StandardOutput.ReadLineAsync());
        Assert.Equal("in", await ours.StandardOutput.ReadLineAsync());

        // As sshd's manual says, and moved into place.
        var specification = Path.Combine(_folder, "specification");
        await File.WriteAllTextAsync(specification, $"serial: {await SerialAsync(_contributor)}\n");
        await Programs.ReadAsync("ssh-keygen", ["-q", "-k", "-f", ListFile + ".new", "-s", "none", specification]);
        File.Move(ListFile + ".new", ListFile, overwrite: true);
        var clock = Stopwatch.StartNew();
        await theirs.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token);

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"it took {clock.Elapsed}");
        Assert.Contains("PST-206", await theirs.StandardError.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.Contains("PST-206", (await _contributor.SshAsync(Installation.Destination, "true")).Error, StringComparison.Ordinal);
        Assert.Equal(0, (await _owner.SshAsync(Installation.Destination, "true")).ExitCode);

        var good = await File.ReadAllBytesAsync(ListFile);
        await File.WriteAllBytesAsync(ListFile, good[..^1]);
        await Programs.WaitUntilAsync(() => _postern.Log.Contains("cannot be used", StringComparison.Ordinal), "the server to notice");
        var refused = await _owner.SshAsync(Installation.Destination, "true");
        Assert.Equal(255, refused.ExitCode);
        Assert.Contains("Code: PST-207", refused.Error, StringComparison.Ordinal);
        Assert.False(ours.HasExited);

        await File.WriteAllBytesAsync(ListFile, good);
        await Programs.WaitUntilAsync(
            () => _owner.SshAsync(Installation.Destination, "true").GetAwaiter().GetResult().ExitCode == 0, "the server to take the list back");
        ours.Kill();
    }

    [Fact]
    public async Task ExportedList_TellsOtherServersWhatIsNoLongerHonoured()
    {
        var list = Path.Combine(_folder, "export.krl");
        Assert.StartsWith("0 certificates and 0 authorities", await _postern.OperateAsync("krl", "export", list), StringComparison.Ordinal);
        Assert.Equal(0, (await AskKeygenAsync(list, _contributor)).ExitCode);

        await _postern.OperateAsync("user", "disable", "contributor@postern.test");
        Assert.StartsWith("1 certificates and 0 authorities", await _postern.OperateAsync("krl", "export", list), StringComparison.Ordinal);
        Assert.Contains("REVOKED", (await AskKeygenAsync(list, _contributor)).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await AskKeygenAsync(list, _owner)).ExitCode);

        var old = (await _postern.OperateAsync("ca", "list")).Split('\n').Single(l => l.Contains("\tuser\t", StringComparison.Ordinal)).Split('\t')[0];
        await _postern.OperateAsync("ca", "rotate", "user");
        await _postern.OperateAsync("ca", "retire", old);
        Assert.StartsWith("1 certificates and 1 authorities", await _postern.OperateAsync("krl", "export", list), StringComparison.Ordinal);
        Assert.Contains("REVOKED", (await AskKeygenAsync(list, _owner)).Output, StringComparison.Ordinal);

        var nowhere = await _postern.TryOperateAsync("krl", "export", Path.Combine(_folder, "nothere", "x"));
        Assert.Equal(1, nowhere.ExitCode);
        Assert.DoesNotContain("   at ", nowhere.Error, StringComparison.Ordinal);
    }

    private static Process Begin(PersonalHome home) => Programs.Start(
        "ssh", ["-F", home.SshConfiguration, "-o", "BatchMode=yes", Installation.Destination, "echo in; sleep 600"], home.Environment);

    private static string CertificateOf(PersonalHome home) =>
        Assert.Single(Directory.GetFiles(home.Folder, "*-cert.pub", SearchOption.AllDirectories));

    private static async Task<string> SerialAsync(PersonalHome home)
    {
        var listing = await Programs.ReadAsync("ssh-keygen", ["-L", "-f", CertificateOf(home)]);
        return Assert.Single(listing.Split('\n'), l => l.Contains("Serial:", StringComparison.Ordinal)).Split(':')[1].Trim();
    }

    private static Task<ProgramResult> AskKeygenAsync(string list, PersonalHome home) =>
        Programs.RunAsync("ssh-keygen", ["-Q", "-f", list, CertificateOf(home)]);

    private async Task<PersonalHome> EnterAsync(string name, string token)
    {
        var home = _postern.MakeHome(name, token);
        await home.UseServerAsync();
        await home.ReadPosternAsync("ssh-cert:load", "--yes");
        return home;
    }
}

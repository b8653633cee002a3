using System.Security.Cryptography;
using Postern.Testing;

namespace Postern.EndToEnd;

/// <summary>Sessions with the stock OpenSSH client and the configuration that the CLI wrote.</summary>
[Collection(InstallationCollection.Name)]
public sealed class SessionTests(Installation installation)
{
    private readonly PersonalHome _person = installation.Contributor;
    private readonly string _destination = Installation.Destination;

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(255)]
    public async Task Exec_ExitStatus_IsPassedThrough(int status)
    {
        var result = await _person.SshAsync(_destination, $"exit {status}");
        Assert.True(status == result.ExitCode, result.ToString());
        Assert.Equal("", result.Error);
    }

    [Fact]
    public async Task Exec_OutputAndError_StaySeparateAndNothingIsAdded()
    {
        var result = await _person.SshAsync(_destination, "echo out; echo err >&2; whoami; hostname; pwd");
        Assert.Equal("out\nweb\napp.0\n/app\n", result.Output);
        Assert.Equal("err\n", result.Error);
    }

    [Fact]
    public async Task Exec_KilledBySignal_SaysSo()
    {
        var result = await _person.SshAsync("-v", _destination, "kill -TERM $$");
        Assert.Equal(255, result.ExitCode);
        Assert.Contains("exit-signal", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exec_TwentyMegabytesBothWays_ArriveUnchanged()
    {
        var text = Convert.ToBase64String(RandomNumberGenerator.GetBytes(15_000_000));
        var result = await _person.SshWithInputAsync(text, _destination, "cat");
        Assert.Equal(0, result.ExitCode);
        Assert.True(text == result.Output, $"{text.Length} characters went, {result.Output.Length} came back");
    }

    [Fact]
    public async Task Exec_ManyTimesOverOneConnection_NeverLosesStatusOrOutput()
    {
        var control = Path.Combine(_person.Folder, "control");
        string[] options = ["-o", $"ControlPath={control}", "-o", "ControlMaster=auto", "-o", "ControlPersist=60"];
        try
        {
            for (var i = 0; i < 50; i++)
            {
                var result = await _person.SshAsync([.. options, _destination, $"echo line {i}; exit {i}"]);
                Assert.Equal(i, result.ExitCode);
                Assert.Equal($"line {i}\n", result.Output);
            }
        }
        finally
        {
            await _person.SshAsync([.. options, "-O", "exit", _destination]);
        }
    }

    [Fact]
    public async Task Terminal_HasTheGreetingAndExecHasNot()
    {
        var terminal = await _person.SshWithInputAsync("stty size; exit 5\n", "-tt", _destination);
        Assert.Equal(5, terminal.ExitCode);
        Assert.Contains(" This is environment main", terminal.Output, StringComparison.Ordinal);
        Assert.Contains($" of project {Installation.Project}.", terminal.Output, StringComparison.Ordinal);
        Assert.Contains("web@app.0:~$", terminal.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Variables_OfThePlatform_AreThere()
    {
        var result = await _person.SshAsync(
            _destination, "echo $PLATFORM_PROJECT $PLATFORM_ENVIRONMENT $PLATFORM_BRANCH $PLATFORM_APPLICATION_NAME $PLATFORM_APP_DIR ${#PLATFORM_PROJECT_ENTROPY}");
        Assert.Equal($"{Installation.Project} main-bvxea6i main app /app 56\n", result.Output);
    }

    [Fact]
    public async Task FileSystem_IsReadOnlyButForTheMounts()
    {
        var result = await _person.SshAsync(_destination, "touch /app/x || echo refused; touch /app/var/x && echo written; cat /etc/shadow 2>/dev/null | wc -l");
        Assert.Equal("refused\nwritten\n0\n", result.Output);
    }

    [Fact]
    public async Task Scp_UploadsIntoAMountAndDownloads()
    {
        var file = Path.Combine(_person.Folder, "upload.bin");
        var bytes = RandomNumberGenerator.GetBytes(3_000_000);
        await File.WriteAllBytesAsync(file, bytes);
        foreach (var protocol in new[] { "-O", "-s" })
        {
            var up = await Programs.RunAsync("scp", [protocol, "-q", "-F", _person.SshConfiguration, file, $"{_destination}:var/copy.bin"], _person.Environment);
            Assert.True(up.ExitCode == 0, $"scp {protocol} up: {up}");
            var down = await Programs.RunAsync("scp", [protocol, "-q", "-F", _person.SshConfiguration, $"{_destination}:var/copy.bin", file + protocol], _person.Environment);
            Assert.True(down.ExitCode == 0, $"scp {protocol} down: {down}");
            Assert.Equal(bytes, await File.ReadAllBytesAsync(file + protocol));
        }
    }

    [Theory]
    [InlineData("aes128-gcm@openssh.com")]
    [InlineData("aes256-gcm@openssh.com")]
    [InlineData("chacha20-poly1305@openssh.com")]
    public async Task Rekeying_UnderLoad_LosesNothing(string cipher)
    {
        var text = new string('x', 8_000_000);
        var result = await _person.SshWithInputAsync(text, "-c", cipher, "-o", "RekeyLimit=1M", _destination, "cat");
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(text.Length, result.Output.Length);
    }
}

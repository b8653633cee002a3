using Postern.Testing;

namespace Postern.Targets.Tests.OpenSsh;

/// <summary>The machine's own ssh, through the engine, into a real sandbox.</summary>
public sealed class OpenSshTests(EngineFixture fixture) : IClassFixture<EngineFixture>
{
    [Fact]
    public async Task Command_GivesOutputAndStatus()
    {
        (int status, string output) = await fixture.RunSshAsync("127.0.0.1", "id -un; hostname; exit 7");
        Assert.Equal("web\napp.0\n", output);
        Assert.Equal(7, status);
    }

    [Fact]
    public async Task Terminal_IsReal()
    {
        (int status, string output) = await fixture.RunSshAsync("-tt", "127.0.0.1", "tty; stty -a | head -1");
        Assert.Contains("/dev/pts/", output, StringComparison.Ordinal);
        Assert.Equal(0, status);
    }

    [Fact]
    public async Task ScriptOnStandardInput_Runs()
    {
        (int status, string output) = await fixture.RunAsync(
            "sh", "-c", "printf 'echo one\\nfalse || exit 5\\n' | $SSH -T 127.0.0.1 bash -s");
        Assert.Equal("one\n", output);
        Assert.Equal(5, status);
    }

    [Fact]
    public async Task BigPipe_ArrivesWholeBothWays()
    {
        (_, string output) = await fixture.RunAsync(
            "bash", "-c",
            "head -c 50000000 /dev/urandom >big; sha256sum <big; $SSH 127.0.0.1 cat <big | sha256sum; $SSH 127.0.0.1 sha256sum <big");
        string[] sums = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, sums.Length);
        Assert.All(sums, sum => Assert.Equal(sums[0], sum));
    }

    [Fact]
    public async Task QuickExits_OverOneConnection_KeepTheirStatus()
    {
        (_, string output) = await fixture.RunAsync(
            "bash", "-c",
            "$SSH -M -S control -fN 127.0.0.1; for i in $(seq 100); do $SSH -S control 127.0.0.1 \"echo $i; exit 7\" || echo =$?; done; $SSH -S control -O exit 127.0.0.1 2>/dev/null");
        Assert.Equal(string.Concat(Enumerable.Range(1, 100).Select(number => $"{number}\n=7\n")), output);
    }

    [Fact]
    public async Task Tunnel_ServesPsqlAndRedisCli()
    {
        var passwords = await fixture.ReadPasswordsAsync();
        string script = $"""
            port={Ports.Free()} cache={Ports.Free()}
            $SSH -M -S tunnel -fN -o ExitOnForwardFailure=yes \
                -L $port:database.internal:5432 -L $cache:cache.internal:6379 127.0.0.1
            export PGPASSWORD={passwords.Database} REDISCLI_AUTH={passwords.Cache}
            psql -h 127.0.0.1 -p $port -U user main -qtA -c 'create table tunnelled as select 5 as a' -c 'select a from tunnelled'
            redis-cli -p $cache set tunnelled yes
            redis-cli -p $cache get tunnelled
            $SSH -S tunnel -O exit 127.0.0.1 2>/dev/null
            """;
        (_, string output) = await fixture.RunAsync("bash", "-c", script);
        Assert.Equal("5\nOK\nyes\n", output);
    }

    [Fact]
    public async Task Sftp_WritesToMountsOnly()
    {
        (_, string output) = await fixture.RunAsync(
            "bash", "-c",
            $$"""
            echo up >file
            printf 'put file var/data/file\nls -1 var/data\n-put file forbidden\n' >batch
            sftp -q -P {{fixture.Port}} -i id -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -F none -b batch 127.0.0.1 2>&1
            """);
        Assert.Contains("\nvar/data/file\n", output, StringComparison.Ordinal);
        Assert.Matches("forbidden.*: (Failure|Read-only file system)", output);
    }
}

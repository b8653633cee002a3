using Postern.Cli.Files;
using Postern.Cli.Hosting;
using Postern.Cli.Tests.Testing;

namespace Postern.Cli.Tests.Files;

public sealed class FileTests : IDisposable
{
    private readonly TestHome _home = new();

    [Fact]
    public void Write_IsPrivateAndLeavesNothingBeside()
    {
        var path = _home.File("a/b/file");
        AtomicFile.Write(path, "one");
        AtomicFile.Write(path, "two");
        Assert.Equal("two", File.ReadAllText(path));
        Assert.Equal(AtomicFile.PrivateFile, File.GetUnixFileMode(path));
        Assert.Equal(AtomicFile.PrivateDirectory, File.GetUnixFileMode(_home.File("a/b")));
        Assert.Single(Directory.GetFiles(_home.File("a/b")));
    }

    [Fact]
    public void FullDisk_KeepsTheOldFileAndSaysSo()
    {
        // A file system of 16 KiB, as small as the kernel makes it.
        var mount = Directory.CreateDirectory(_home.File("small")).FullName;
        Tool.Require("mount", "-t", "tmpfs", "-o", "size=16k", "none", mount);
        try
        {
            var path = Path.Combine(mount, "file");
            AtomicFile.Write(path, "old");
            var fault = Assert.Throws<CliException>(() => AtomicFile.Write(path, new string('x', 100_000)));
            Assert.Contains("Could not write the file", fault.Message);
            Assert.Contains("old contents are unchanged", fault.Message);
            Assert.Equal("old", File.ReadAllText(path));
            Assert.Single(Directory.GetFiles(mount));
        }
        finally
        {
            Tool.Require("umount", mount);
        }
    }

    [Fact]
    public async Task Lock_IsHeldReleasedAndTakenFromTheDead()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var locks = new FileLocks(_home.File("locks"), time, isDisabled: false);
        var file = _home.File("locks/a-b.lock");
        var held = await locks.AcquireAsync("a/b", null, CancellationToken.None);
        Assert.Equal(time.GetUtcNow().ToUnixTimeSeconds(), long.Parse(File.ReadAllText(file)));
        var asked = 0;
        Assert.Null(await locks.AcquireAsync("a/b", () => ++asked == 1, CancellationToken.None));
        held!.Dispose();
        Assert.Empty(File.ReadAllText(file));

        await locks.AcquireAsync("a/b", null, CancellationToken.None);
        time.Advance(TimeSpan.FromSeconds(31));
        Assert.NotNull(await locks.AcquireAsync("a/b", () => throw new InvalidOperationException("it waited"), CancellationToken.None));
        File.WriteAllText(file, "damaged");
        Assert.NotNull(await locks.AcquireAsync("a/b", null, CancellationToken.None));
    }

    [Fact]
    public async Task Lock_TakenFromASlowHolder_IsNotFreedByIt()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var locks = new FileLocks(_home.File("locks"), time, isDisabled: false);
        var slow = await locks.AcquireAsync("x", null, CancellationToken.None);
        time.Advance(TimeSpan.FromSeconds(31));
        var next = await locks.AcquireAsync("x", null, CancellationToken.None);
        slow!.Dispose();
        Assert.NotEmpty(File.ReadAllText(_home.File("locks/x.lock")));
        next!.Dispose();
        Assert.Empty(File.ReadAllText(_home.File("locks/x.lock")));
    }

    [Fact]
    public async Task Lock_IsNeverHeldByTwo()
    {
        var locks = new FileLocks(_home.File("locks"), TimeProvider.System, isDisabled: false);
        var inside = 0;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            using var held = await locks.AcquireAsync("x", null, CancellationToken.None);
            Assert.Equal(1, Interlocked.Increment(ref inside));
            await Task.Yield();
            Interlocked.Decrement(ref inside);
        })));
    }

    public void Dispose() => _home.Dispose();
}

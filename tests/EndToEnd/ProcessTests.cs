namespace Postern.EndToEnd;

/// <summary>What the process of the running server has of the machine.</summary>
[Collection(InstallationCollection.Name)]
public sealed class ProcessTests(Installation installation)
{
    // A watched folder wakes a thread with every write to one of its files.
    [Fact]
    public void Server_WatchesNoFolder()
    {
        List<string?> open = [.. new DirectoryInfo($"/proc/{installation.Postern.Server.Id}/fd").EnumerateFiles().Select(file => file.LinkTarget)];
        Assert.Contains(open, link => link?.Contains("eventpoll", StringComparison.Ordinal) == true);
        Assert.DoesNotContain(open, link => link?.Contains("inotify", StringComparison.Ordinal) == true);
    }
}

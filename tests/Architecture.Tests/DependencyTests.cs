using System.Xml.Linq;

namespace Postern.Architecture.Tests;

/// <summary>The only arrows between rooms are the ones of docs/architecture.md.</summary>
public class DependencyTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Postern.Ssh.Wire"] = [],
        ["Postern.Ssh.Keys"] = ["Postern.Ssh.Wire"],
        ["Postern.Ssh"] = ["Postern.Ssh.Wire", "Postern.Ssh.Keys"],
        ["Postern.Authority"] = ["Postern.Ssh.Keys"],
        ["Postern.Directory"] = [],
        ["Postern.Contracts"] = [],
        ["Postern.Login"] = ["Postern.Authority", "Postern.Directory", "Postern.Contracts"],
        ["Postern.Api"] = ["Postern.Directory", "Postern.Authority", "Postern.Contracts"],
        ["Postern.Targets"] = ["Postern.Ssh", "Postern.Directory"],
        ["Postern.Gateway"] = ["Postern.Ssh", "Postern.Targets", "Postern.Directory", "Postern.Authority"],
        ["Postern.Server"] =
        [
            "Postern.Ssh.Wire", "Postern.Ssh.Keys", "Postern.Ssh", "Postern.Authority", "Postern.Directory",
            "Postern.Contracts", "Postern.Login", "Postern.Api", "Postern.Targets", "Postern.Gateway",
        ],
        ["Postern.Cli"] = ["Postern.Contracts"],
    };

    public static TheoryData<string> Rooms => [.. Directory.EnumerateDirectories(SourceDirectory).Select(d => Path.GetFileName(d)!)];

    private static string SourceDirectory => Path.Combine(RepositoryRoot.Path, "src");

    [Theory]
    [MemberData(nameof(Rooms))]
    public void Room_RefersOnlyToTheRoomsBelowIt(string room)
    {
        Assert.True(Allowed.ContainsKey(room), $"src/{room} is not a room of docs/architecture.md");
        var project = XDocument.Load(Path.Combine(SourceDirectory, room, room + ".csproj"));
        var references = project.Descendants("ProjectReference")
            .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/')));
        Assert.Empty(references.Except(Allowed[room]));
    }

    [Fact]
    public void EveryRoom_Exists() => Assert.Empty(Allowed.Keys.Except(
        Directory.EnumerateDirectories(SourceDirectory).Select(d => Path.GetFileName(d)!)));

    [Fact]
    public void Wire_HasNoPackages()
    {
        var project = XDocument.Load(Path.Combine(SourceDirectory, "Postern.Ssh.Wire", "Postern.Ssh.Wire.csproj"));
        Assert.Empty(project.Descendants("PackageReference"));
    }

    [Fact]
    public void SourceFiles_FitInTheHead()
    {
        var tooLong = Directory.EnumerateFiles(SourceDirectory, "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal))
            .Where(f => File.ReadLines(f).Count() > 600)
            .Select(f => Path.GetRelativePath(SourceDirectory, f));
        Assert.Empty(tooLong);
    }
}

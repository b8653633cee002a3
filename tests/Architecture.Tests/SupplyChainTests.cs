using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Postern.Architecture.Tests;

/// <summary>What others made is named, pinned and explained, and no native code is loaded but the listed. Security 71.</summary>
public partial class SupplyChainTests
{
    // The C library, and OpenSSL, which .NET loads anyway.
    private static readonly string[] NativeLibraries = ["libc", "libcrypto.so.3", "libcrypto"];

    [Fact]
    public void Packages_HaveExactVersions() => Assert.All(
        Packages(), package => Assert.Matches(ExactVersion(), package.Attribute("Version")!.Value));

    [Fact]
    public void Packages_AreExplained()
    {
        var page = File.ReadAllText(Path.Combine(RepositoryRoot.Path, "docs", "dependencies.md"));
        Assert.All(Packages(), package => Assert.Contains(package.Attribute("Include")!.Value, page, StringComparison.Ordinal));
    }

    [Fact]
    public void Projects_GiveNoVersionOfTheirOwn()
    {
        var versions = Directory.EnumerateFiles(RepositoryRoot.Path, "*.csproj", SearchOption.AllDirectories)
            .SelectMany(file => XDocument.Load(file).Descendants("PackageReference"))
            .Where(reference => reference.Attribute("Version") is not null || reference.Attribute("VersionOverride") is not null);
        Assert.Empty(versions);
    }

    [Fact]
    public void NativeLibraries_AreOnTheList()
    {
        var used = new HashSet<string>();
        foreach (var file in Directory.EnumerateFiles(Path.Combine(RepositoryRoot.Path, "src"), "*.cs", SearchOption.AllDirectories))
        {
            if (file.Contains("/obj/", StringComparison.Ordinal))
            {
                continue;
            }

            var source = File.ReadAllText(file);
            foreach (Match import in Import().Matches(source))
            {
                var name = import.Groups[1].Value;

                // A literal, or a constant of the same file.
                used.Add(name.StartsWith('"') ? name.Trim('"') : Regex.Match(source, $"const string {Regex.Escape(name)} = \"([^\"]+)\"").Groups[1].Value);
            }

            Assert.DoesNotContain("NativeLibrary.Load", source, StringComparison.Ordinal);
        }

        Assert.NotEmpty(used);
        Assert.Empty(used.Except(NativeLibraries));
    }

    private static IEnumerable<XElement> Packages() =>
        XDocument.Load(Path.Combine(RepositoryRoot.Path, "Directory.Packages.props")).Descendants("PackageVersion");

    [GeneratedRegex(@"^\d+\.\d+\.\d+$")]
    private static partial Regex ExactVersion();

    [GeneratedRegex(@"\[(?:LibraryImport|DllImport)\(([^,)\]]+)")]
    private static partial Regex Import();
}

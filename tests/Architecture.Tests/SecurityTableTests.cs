using System.Text.RegularExpressions;

namespace Postern.Architecture.Tests;

/// <summary>docs/security.md lists every invariant once, and every test that it names exists.</summary>
public partial class SecurityTableTests
{
    private const int Invariants = 74;

    private static readonly Lazy<Dictionary<string, HashSet<string>>> Tests = new(ReadTests);

    [Fact]
    public void EveryInvariant_HasOneRow_InOrder()
    {
        var numbers = Rows().Select(row => row.Number);
        Assert.Equal(Enumerable.Range(1, Invariants), numbers);
    }

    [Fact]
    public void EveryRow_NamesTestsOrSaysWhyNot()
    {
        foreach (var (number, invariant, cover) in Rows())
        {
            Assert.True(invariant.Length > 10, $"row {number} says nothing");
            Assert.True(
                TestName().IsMatch(cover)
                || cover == "not yet"
                || (cover.StartsWith("does not apply: ", StringComparison.Ordinal) && cover.Length > 30),
                $"row {number}: '{cover}' is neither a test, nor 'not yet', nor a reason");
        }
    }

    [Fact]
    public void EveryNamedTest_Exists()
    {
        var missing = Rows()
            .SelectMany(row => TestName().Matches(row.Cover).Select(m => (row.Number, Class: m.Groups[1].Value, Method: m.Groups[2].Value)))
            .Where(t => !Tests.Value.TryGetValue(t.Class, out var methods) || !methods.Contains(t.Method));
        Assert.Empty(missing);
    }

    [Fact]
    public void NoRow_NamesATestTwice()
    {
        var repeated = Rows().SelectMany(row => TestName().Matches(row.Cover).GroupBy(m => m.Value).Where(g => g.Count() > 1).Select(g => (row.Number, g.Key)));
        Assert.Empty(repeated);
    }

    [Fact]
    public void EveryCodeSpan_IsATestsName()
    {
        var others = Rows().SelectMany(row => CodeSpan().Matches(row.Cover).Select(m => m.Value).Where(s => !TestName().IsMatch(s)).Select(s => (row.Number, s)));
        Assert.Empty(others);
    }

    private static IEnumerable<(int Number, string Invariant, string Cover)> Rows() =>
        from line in File.ReadLines(Path.Combine(RepositoryRoot.Path, "docs", "security.md"))
        let row = Row().Match(line)
        where row.Success
        select (int.Parse(row.Groups[1].Value), row.Groups[2].Value, row.Groups[3].Value);

    // Class names repeat between projects; a test exists where one file has both.
    private static Dictionary<string, HashSet<string>> ReadTests()
    {
        var tests = new Dictionary<string, HashSet<string>>();
        var files = Directory.EnumerateFiles(Path.Combine(RepositoryRoot.Path, "tests"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal));
        foreach (var file in files)
        {
            var source = File.ReadAllText(file);
            foreach (Match type in TestClass().Matches(source))
            {
                var methods = tests.TryGetValue(type.Groups[1].Value, out var known) ? known : tests[type.Groups[1].Value] = [];
                methods.UnionWith(TestMethod().Matches(source).Select(m => m.Groups[1].Value));
            }
        }

        return tests;
    }

    [GeneratedRegex(@"^\| *(\d+) *\| *(.+?) *\| *(.+?) *\|$")]
    private static partial Regex Row();

    [GeneratedRegex(@"`(\w+)\.(\w+)`")]
    private static partial Regex TestName();

    [GeneratedRegex("`[^`]*`")]
    private static partial Regex CodeSpan();

    [GeneratedRegex(@"\bclass (\w+Tests)\b")]
    private static partial Regex TestClass();

    // The attribute of a test stands before its method, with others between at most.
    [GeneratedRegex(@"\[(?:Fact|Theory)\b[^\]]*\][\s\S]*?\bpublic (?:static )?(?:async )?(?:void|Task) (\w+)\(")]
    private static partial Regex TestMethod();
}

using System.Text.RegularExpressions;
using Postern.Testing;

namespace Postern.Interop.Tests;

/// <summary>docs/clients.md says what the matrix runs, with the versions it runs with.</summary>
public sealed partial class ClientTableTests
{
    public static TheoryData<string> Ids => [.. Clients.All.Select(c => c.Id)];

    [Fact]
    public async Task Table_IsWhatTheMatrixRuns()
    {
        var document = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "clients.md"));
        var rows = Row().Matches(document).Select(m => m.Value.TrimEnd()).ToList();
        Assert.Equal(Clients.All.Select(Render), rows);
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public async Task Version_IsTheOneThatIsNamed(string id)
    {
        var client = Clients.All.Single(c => c.Id == id);
        var result = await Programs.RunAsync(client.VersionCommand[0], client.VersionCommand.Skip(1));
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Matches($@"(^|[^0-9.]){Regex.Escape(client.Version)}($|[^0-9.])", result.Output + result.Error);
    }

    [Fact]
    public void EveryScenario_IsRunByAClient() =>
        Assert.Empty(Scenarios.All.Except(Clients.All.SelectMany(c => c.Scenarios)));

    private static string Render(Client client)
    {
        var login = client.UsesCertificate ? "certificate or key" : "key";
        var lacks = client.Lacks.Count == 0 ? "" : string.Join(", ", Scenarios.All.Where(client.Lacks.Contains));
        return $"| {client.Title} | {client.Version} | {login} | {lacks} |";
    }

    // The rows below the heading's line of dashes.
    [GeneratedRegex(@"(?<=^\|---\|---\|---\|---\|\n(\|.*\n)*)\|.*$", RegexOptions.Multiline)]
    private static partial Regex Row();
}

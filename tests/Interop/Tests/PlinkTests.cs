namespace Postern.Interop.Tests;

/// <summary>PuTTY's command-line programs.</summary>
public sealed class PlinkTests
{
    public static TheoryData<string> All => Matrix.ScenariosOf(Clients.Plink);

    [Theory]
    [MemberData(nameof(All))]
    public Task Plink(string scenario) => Matrix.CheckAsync(Clients.Plink, scenario);
}

namespace Postern.Interop.Tests;

/// <summary>Dropbear's client.</summary>
public sealed class DropbearTests
{
    public static TheoryData<string> All => Matrix.ScenariosOf(Clients.Dropbear);

    [Theory]
    [MemberData(nameof(All))]
    public Task Dropbear(string scenario) => Matrix.CheckAsync(Clients.Dropbear, scenario);
}

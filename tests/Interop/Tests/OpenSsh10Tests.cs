namespace Postern.Interop.Tests;

/// <summary>The stock client of Debian 13, the newest people have.</summary>
public sealed class OpenSsh10Tests
{
    public static TheoryData<string> All => Matrix.ScenariosOf(Clients.OpenSsh10);

    [Theory]
    [MemberData(nameof(All))]
    public Task OpenSsh10(string scenario) => Matrix.CheckAsync(Clients.OpenSsh10, scenario);
}

namespace Postern.Interop.Tests;

/// <summary>The stock client of Debian 12.</summary>
public sealed class OpenSshTests
{
    public static TheoryData<string> All => Matrix.ScenariosOf(Clients.OpenSsh);

    [Theory]
    [MemberData(nameof(All))]
    public Task OpenSsh(string scenario) => Matrix.CheckAsync(Clients.OpenSsh, scenario);
}

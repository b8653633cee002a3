namespace Postern.Interop.Tests;

/// <summary>Ruby's net-ssh.</summary>
public sealed class NetSshTests
{
    public static TheoryData<string> All => Matrix.ScenariosOf(Clients.NetSsh);

    [Theory]
    [MemberData(nameof(All))]
    public Task NetSsh(string scenario) => Matrix.CheckAsync(Clients.NetSsh, scenario);
}

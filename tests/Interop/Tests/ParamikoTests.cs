namespace Postern.Interop.Tests;

/// <summary>Python's paramiko.</summary>
public sealed class ParamikoTests
{
    public static TheoryData<string> All => Matrix.ScenariosOf(Clients.Paramiko);

    [Theory]
    [MemberData(nameof(All))]
    public Task Paramiko(string scenario) => Matrix.CheckAsync(Clients.Paramiko, scenario);
}

namespace Postern.Interop.Tests;

/// <summary>Node's ssh2.</summary>
public sealed class Ssh2Tests
{
    public static TheoryData<string> All => Matrix.ScenariosOf(Clients.Ssh2);

    [Theory]
    [MemberData(nameof(All))]
    public Task Ssh2(string scenario) => Matrix.CheckAsync(Clients.Ssh2, scenario);
}

namespace Postern.Interop.Tests;

/// <summary>Java's JSch.</summary>
public sealed class JSchTests
{
    public static TheoryData<string> All => Matrix.ScenariosOf(Clients.JSch);

    [Theory]
    [MemberData(nameof(All))]
    public Task JSch(string scenario) => Matrix.CheckAsync(Clients.JSch, scenario);
}

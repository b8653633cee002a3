namespace Postern.Interop.Tests;

/// <summary>Go's x/crypto/ssh.</summary>
public sealed class GoTests
{
    public static TheoryData<string> All => Matrix.ScenariosOf(Clients.Go);

    [Theory]
    [MemberData(nameof(All))]
    public Task Go(string scenario) => Matrix.CheckAsync(Clients.Go, scenario);
}

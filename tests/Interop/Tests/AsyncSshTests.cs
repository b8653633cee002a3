namespace Postern.Interop.Tests;

/// <summary>Python's asyncssh.</summary>
public sealed class AsyncSshTests
{
    public static TheoryData<string> All => Matrix.ScenariosOf(Clients.AsyncSsh);

    [Theory]
    [MemberData(nameof(All))]
    public Task AsyncSsh(string scenario) => Matrix.CheckAsync(Clients.AsyncSsh, scenario);
}

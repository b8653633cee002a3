namespace Postern.Interop.Tests;

/// <summary>libssh2 by Perl's Net::SSH2 and by curl.</summary>
public sealed class LibSsh2Tests
{
    public static TheoryData<string> All => Matrix.ScenariosOf(Clients.LibSsh2);

    [Theory]
    [MemberData(nameof(All))]
    public Task LibSsh2(string scenario) => Matrix.CheckAsync(Clients.LibSsh2, scenario);
}

using System.Net;
using Postern.Targets.Environments;

namespace Postern.Targets.Tests.Environments;

public sealed class AllocationsTests : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "postern-allocations-" + Guid.NewGuid().ToString("N")[..8]);

    private string FilePath => Path.Combine(_folder, "allocations.json");

    public void Dispose()
    {
        if (System.IO.Directory.Exists(_folder))
        {
            System.IO.Directory.Delete(_folder, recursive: true);
        }
    }

    [Fact]
    public void NumberThatWasNotSaved_IsNotGivenOut()
    {
        Allocations allocations = Open();
        Assert.Throws<DirectoryNotFoundException>(() => allocations.GetUserId("app"));
        Assert.Throws<DirectoryNotFoundException>(() => allocations.GetUserId("app"));

        System.IO.Directory.CreateDirectory(_folder);
        uint user = allocations.GetUserId("app");
        Assert.Equal(user, Open().GetUserId("app"));
    }

    [Fact]
    public void AddressThatWasTaken_StaysForgottenAfterARestart()
    {
        System.IO.Directory.CreateDirectory(_folder);
        Allocations allocations = Open();
        IPAddress taken = allocations.GetServiceAddress("service", 6379);
        allocations.ForgetServiceAddress("service");
        Assert.NotEqual(taken, Open().GetServiceAddress("service", 6379));
    }

    private Allocations Open() => new(new ProcessTargetConfig { DataDirectory = _folder }, FilePath);
}

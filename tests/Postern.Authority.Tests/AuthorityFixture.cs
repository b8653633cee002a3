using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Postern.Ssh.Keys;

namespace Postern.Authority.Tests;

/// <summary>An authority over files in a directory of its own, which goes with it.</summary>
internal sealed class AuthorityFixture : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("postern-authority-");
    private readonly RandomNumberGenerator _random = RandomNumberGenerator.Create();
    private readonly List<IDisposable> _owned = [];

    public AuthorityFixture()
    {
        Store = new FileKeyStore(_directory.FullName);
        Ledger = new FileLedger(_directory.FullName);
    }

    public FakeTimeProvider Time { get; } = new();

    public FileKeyStore Store { get; }

    public FileLedger Ledger { get; }

    public string PathOf(string name) => Path.Combine(_directory.FullName, name);

    /// <summary>Another process's authority, as far as the store can tell.</summary>
    public CertificateAuthority NewAuthority(ICertificateLedger? ledger = null, MasterKey? masterKey = null, TimeSpan? lifetime = null, string? revokedKeys = null)
    {
        var key = masterKey ?? MasterKey.OpenOrCreate(PathOf("master.key"));
        var authority = new CertificateAuthority(
            Store,
            ledger ?? Ledger,
            key,
            new AuthorityConfig
            {
                ExtensionDomain = "postern.test",
                UserCertificateLifetime = lifetime ?? TimeSpan.FromHours(1),
                RevokedKeysFile = revokedKeys is null ? null : PathOf(revokedKeys),
            },
            Time,
            _random,
            NullLogger<CertificateAuthority>.Instance);
        _owned.Add(authority);
        _owned.Add(key);
        return authority;
    }

    public async Task<CertificateAuthority> InitializedAsync(ICertificateLedger? ledger = null, TimeSpan? lifetime = null)
    {
        var authority = NewAuthority(ledger, masterKey: null, lifetime);
        await authority.InitializeAsync(CancellationToken.None);
        return authority;
    }

    /// <summary>A request that is granted.</summary>
    public UserCertificateRequest NewRequest(string? key = null) => new()
    {
        AuthorizedKey = key ?? NewKey(),
        UserId = Guid.NewGuid(),
        SessionId = Guid.NewGuid(),
        SessionEnd = Time.Now.AddDays(7),
        TokenId = Guid.NewGuid().ToString(),
        TokenClaims = """{"amr":["pwd"],"auth_time":1767268800}""",
    };

    public static string NewKey()
    {
        using var key = Ed25519PrivateKey.Generate();
        return key.PublicKey.ToAuthorizedKey("somebody@somewhere");
    }

    public string SshKeygen(params string[] arguments)
    {
        var (exitCode, output) = Run("ssh-keygen", arguments);
        Assert.True(exitCode == 0, $"ssh-keygen {string.Join(' ', arguments)} said: {output}");
        return output + "\n";
    }

    /// <summary>Runs a program in the directory; what it writes comes without the last line end, errors after the rest.</summary>
    public (int ExitCode, string Output) Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = _directory.FullName,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["TZ"] = "UTC";
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, (output + errors.Result).TrimEnd());
    }

    public void Dispose()
    {
        _owned.ForEach(o => o.Dispose());
        _random.Dispose();
        _directory.Delete(recursive: true);
    }
}

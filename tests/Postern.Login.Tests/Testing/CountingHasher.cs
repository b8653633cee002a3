using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Postern.Directory.People;

namespace Postern.Login.Tests.Testing;

/// <summary>The real password hasher, which counts what it is asked for.</summary>
internal sealed class CountingHasher(IOptions<PasswordHasherOptions> options) : IPasswordHasher<User>, IDisposable
{
    private readonly PasswordHasher<User> _hasher = new(options);
    private int _verifications;
    private int _verificationsOfPeople;
    private int _underWay;

    /// <summary>How many passwords were compared with a hash, anybody's.</summary>
    public int Verifications => Volatile.Read(ref _verifications);

    /// <summary>How many were compared with the hash of a person who exists.</summary>
    public int VerificationsOfPeople => Volatile.Read(ref _verificationsOfPeople);

    /// <summary>Something that happens while a password is compared; null for nothing.</summary>
    public Action? BeforeAnswer { get; set; }

    /// <summary>While it is set to something that waits, so does every comparison.</summary>
    public ManualResetEventSlim Gate { get; } = new(initialState: true);

    /// <summary>How many comparisons are under way.</summary>
    public int UnderWay => Volatile.Read(ref _underWay);

    public string HashPassword(User user, string password) => _hasher.HashPassword(user, password);

    public void Dispose() => Gate.Dispose();

    public PasswordVerificationResult VerifyHashedPassword(User user, string hashedPassword, string providedPassword)
    {
        Interlocked.Increment(ref _verifications);
        if (user.Id != Guid.Empty)
        {
            Interlocked.Increment(ref _verificationsOfPeople);
        }

        Interlocked.Increment(ref _underWay);
        try
        {
            Gate.Wait();
            BeforeAnswer?.Invoke();
            return _hasher.VerifyHashedPassword(user, hashedPassword, providedPassword);
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }
}

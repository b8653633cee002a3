using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Postern.Directory.People;

namespace Postern.Login.Tests.Testing;

/// <summary>The real password hasher, which counts what it is asked for.</summary>
internal sealed class CountingHasher(IOptions<PasswordHasherOptions> options) : IPasswordHasher<User>
{
    private readonly PasswordHasher<User> _hasher = new(options);
    private int _verifications;

    /// <summary>How many passwords were compared with a hash, anybody's.</summary>
    public int Verifications => Volatile.Read(ref _verifications);

    /// <summary>How many were compared with the hash of a person who exists.</summary>
    public int VerificationsOfPeople { get; private set; }

    /// <summary>Something that happens while a password is compared; null for nothing.</summary>
    public Action? BeforeAnswer { get; set; }

    public string HashPassword(User user, string password) => _hasher.HashPassword(user, password);

    public PasswordVerificationResult VerifyHashedPassword(User user, string hashedPassword, string providedPassword)
    {
        Interlocked.Increment(ref _verifications);
        if (user.Id != Guid.Empty)
        {
            VerificationsOfPeople++;
        }

        BeforeAnswer?.Invoke();
        return _hasher.VerifyHashedPassword(user, hashedPassword, providedPassword);
    }
}

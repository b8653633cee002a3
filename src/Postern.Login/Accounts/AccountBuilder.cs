using Microsoft.AspNetCore.Identity;
using Postern.Directory.Organizations;
using Postern.Directory.People;

namespace Postern.Login.Accounts;

/// <summary>Makes the rows of accounts for transactions that hold more than the account.</summary>
internal sealed class AccountBuilder(IPasswordHasher<User> hasher, ILookupNormalizer normalizer, TimeProvider clock)
{
    /// <summary>An account as it is looked up and signed in to; nothing is checked here. Without a password it is entered in another way.</summary>
    public User Build(string email, string firstName, string lastName, string? password, bool isEmailConfirmed)
    {
        var now = clock.GetUtcNow();
        var user = new User
        {
            Id = Guid.NewGuid(),
            UserName = email,
            NormalizedUserName = normalizer.NormalizeName(email),
            Email = email,
            NormalizedEmail = Normalize(email),
            EmailConfirmed = isEmailConfirmed,
            FirstName = firstName,
            LastName = lastName,
            LockoutEnabled = true,
            CreatedAt = now,
            UpdatedAt = now,
        };
        if (password is null)
        {
            user.SecurityStamp = Guid.NewGuid().ToString("N");
        }
        else
        {
            SetPassword(user, password);
        }

        return user;
    }

    /// <summary>Sets a password and unlocks: what was known or counted before is of no account any more.</summary>
    public void SetPassword(User user, string password)
    {
        user.PasswordHash = hasher.HashPassword(user, password);
        user.SecurityStamp = Guid.NewGuid().ToString("N");
        user.ConcurrencyStamp = Guid.NewGuid().ToString();
        user.AccessFailedCount = 0;
        user.LockoutEnd = null;
        user.UpdatedAt = clock.GetUtcNow();
    }

    /// <summary>The address as accounts are looked up by.</summary>
    public string Normalize(string email) => normalizer.NormalizeEmail(email);

    /// <summary>A person's place in an organization.</summary>
    public OrganizationMember Member(string organizationId, Guid userId, OrganizationRole role) => new()
    {
        OrganizationId = organizationId,
        UserId = userId,
        Role = role,
        CreatedAt = clock.GetUtcNow(),
        UpdatedAt = clock.GetUtcNow(),
    };

    /// <summary>What is wrong with names that a person typed, each a sentence.</summary>
    public static IEnumerable<string> FindNameFaults(params IEnumerable<(string Field, string Value)> names) =>
        from name in names
        where name.Value.Length > LoginLimits.Name || name.Value.Any(char.IsControl)
        select $"The {name.Field} must have at most {LoginLimits.Name} characters, on one line.";
}

using System.Security.Cryptography;
using System.Text;
using Postern.Directory.People;

namespace Postern.Login.Sessions;

/// <summary>What a browser signed in to before, and so may try without being counted with strangers.</summary>
/// <param name="Id">A random name for it, or null when it is known from nothing but a session.</param>
/// <param name="Accounts">Accounts and the marks of the passwords that they had then.</param>
/// <param name="SessionId">The session that it has now, or null.</param>
/// <param name="SessionUserId">Whose session that is.</param>
internal sealed record KnownBrowser(
    string? Id, IReadOnlyList<(Guid UserId, string Mark)> Accounts, Guid? SessionId, Guid? SessionUserId)
{
    /// <summary>A browser that never signed in to anything.</summary>
    public static KnownBrowser None { get; } = new(null, [], null, null);

    /// <summary>Whether it may have a count of its own for some account.</summary>
    public bool MayBeKnown => Accounts.Count > 0 || SessionId is not null;

    /// <summary>
    /// The name under which tries for this account are counted in this browser, at most 64 characters; null when it is a
    /// stranger to the account: it never signed in, or the password is a new one since.
    /// </summary>
    public string? CountFor(User user)
    {
        if (Id is not null && Accounts.Contains((user.Id, MarkOf(user))))
        {
            return Hash($"{Id} {user.Id}");
        }

        return SessionUserId == user.Id ? Hash($"session {SessionId}") : null;
    }

    /// <summary>Tells one password of an account from the next, and nothing about it to who reads the sealed cookie of a backup.</summary>
    public static string MarkOf(User user) => Hash(user.PasswordHash ?? "")[..32];

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}

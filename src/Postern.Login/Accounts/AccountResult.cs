using Postern.Directory.People;

namespace Postern.Login.Accounts;

/// <summary>The outcome of a change to an account.</summary>
/// <param name="User">The account, or null when nothing was changed.</param>
/// <param name="Faults">What was wrong, each a sentence; empty when the change was made.</param>
public sealed record AccountResult(User? User, IReadOnlyList<string> Faults)
{
    /// <summary>Whether the change was made.</summary>
    public bool IsDone => User is not null;

    internal static AccountResult Done(User user) => new(user, []);

    internal static AccountResult Refused(params IReadOnlyList<string> faults) => new(null, faults);
}

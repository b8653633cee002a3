using Postern.Directory.Storage;

namespace Postern.Directory.People;

/// <summary>
/// Tells people what was changed about how they sign in, so that somebody else's change does not go unseen. What a server
/// without mail has does nothing.
/// </summary>
public interface IAccountNotices
{
    /// <summary>Adds a notice to what the caller saves, so that it goes out if and only if the change is made.</summary>
    /// <param name="context">Holds the change.</param>
    /// <param name="userId">Whose account.</param>
    /// <param name="change">What was changed, one of <see cref="AccountChange"/>.</param>
    /// <param name="cancellationToken">Ends the look-up of the address.</param>
    Task AddAsync(DirectoryContext context, Guid userId, string change, CancellationToken cancellationToken);
}

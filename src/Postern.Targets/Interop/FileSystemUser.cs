namespace Postern.Targets.Interop;

/// <summary>
/// Lends the calling thread another user's rights on files, and takes away our own. The kernel checks as it would for a
/// process of that user, so that a path cannot be swapped between a check of ours and its use.
/// </summary>
internal static class FileSystemUser
{
    private const uint Unchanged = uint.MaxValue;

    /// <summary>Runs something on this thread as a user, or as ourselves for null. It must not await.</summary>
    internal static T RunAs<T>(uint? user, Func<T> action)
    {
        if (user is not { } id)
        {
            return action();
        }

        _ = LibC.SetFileSystemGroup(id);
        _ = LibC.SetFileSystemUser(id);
        try
        {
            // The call itself has no way to say that it failed.
            if (LibC.SetFileSystemUser(Unchanged) != id || LibC.SetFileSystemGroup(Unchanged) != id)
            {
                throw new IOException($"setfsuid to {id} failed: the server does not run as root");
            }

            return action();
        }
        finally
        {
            _ = LibC.SetFileSystemUser(LibC.GetEffectiveUserId());
            _ = LibC.SetFileSystemGroup(LibC.GetEffectiveGroupId());
        }
    }
}

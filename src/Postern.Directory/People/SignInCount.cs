namespace Postern.Directory.People;

/// <summary>
/// How many wrong passwords were tried for a name, whether an account has it or not, so that nothing about the count tells
/// which; or in a browser that has a count of its own.
/// </summary>
public sealed class SignInCount
{
    /// <summary>Keyed hash of what is counted, lower-case hex: the database shows no address that a stranger typed.</summary>
    public required string NameHash { get; set; }

    /// <summary>Wrong passwords since the count began.</summary>
    public int Failed { get; set; }

    /// <summary>When the count begins anew: some time after the first wrong password or, when there were too many, the end of the lock.</summary>
    public DateTimeOffset EndsAt { get; set; }
}

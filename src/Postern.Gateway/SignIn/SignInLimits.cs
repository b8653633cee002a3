namespace Postern.Gateway.SignIn;

/// <summary>Limits of plain ssh connections that wait for a person to sign in with a browser.</summary>
public sealed record SignInLimits
{
    /// <summary>Whether there are any: without, a client that has no key that is known is refused.</summary>
    public bool IsEnabled { get; init; } = true;

    /// <summary>How long one waits, which is also the life of its code: long enough to sign in, with a second factor.</summary>
    public TimeSpan Wait { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Most that wait at once, so that waiting connections, which strangers can make, never fill the room of those that are
    /// about to authenticate; half of that room at most, whatever is set.
    /// </summary>
    public int Maximum { get; init; } = 100;

    /// <summary>Most of those from one address (for IPv6: one /64): a few people of an office at once.</summary>
    public int MaximumPerAddress { get; init; } = 10;
}

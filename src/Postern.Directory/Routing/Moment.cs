namespace Postern.Directory.Routing;

/// <summary>
/// A moment at which the Directory was looked at, from <see cref="GatewayDirectory.ObserveAsync"/>. Whoever needs several
/// answers for one decision observes once and asks for all of them with it: each is then as new as that moment, or newer,
/// and the database is not asked again for each whether anything has changed. It is for one decision and never kept, and
/// observed after <c>LiveConnections.Generation</c> was read, where that is: what changes later is the recheck's matter.
/// </summary>
public readonly record struct Moment
{
    internal Moment(long change) => Change = change;

    /// <summary>The moment of each question, for whoever asks only one.</summary>
    public static Moment Now => default;

    /// <summary>The number of the newest change then; null when each question asks for it.</summary>
    internal long? Change { get; }
}

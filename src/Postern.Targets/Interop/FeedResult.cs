namespace Postern.Targets.Interop;

/// <summary>What came of a <see cref="ChannelFeed.Move"/>.</summary>
internal enum FeedResult
{
    /// <summary>There may be more to read now.</summary>
    MayHaveMore,

    /// <summary>Nothing more is there; the descriptor's callback comes when there is.</summary>
    Empty,

    /// <summary>The channel has no room, and nothing was read.</summary>
    NoRoom,

    /// <summary>The other side has sent all that it will.</summary>
    Ended,

    /// <summary>The descriptor is broken or closed.</summary>
    Broken,
}

namespace Postern.Ssh.Connection;

/// <summary>Whether a channel has room for data.</summary>
public enum ChannelRoom
{
    /// <summary>There is.</summary>
    Now,

    /// <summary>There is none, and who asked is called when there is.</summary>
    Later,

    /// <summary>Nothing more can be sent: the channel is over.</summary>
    Never,
}

namespace Postern.Targets;

/// <summary>A target could not do what it was asked.</summary>
public sealed class TargetException : Exception
{
    /// <summary>Says what failed, in two texts.</summary>
    /// <param name="failure">The kind of failure.</param>
    /// <param name="peerMessage">One sentence that is safe to show to the person: no paths, addresses or secrets.</param>
    /// <param name="detail">For the log: what was wrong, where, and what to do.</param>
    /// <param name="innerException">The cause, if it was an exception.</param>
    public TargetException(
        TargetFailure failure, string peerMessage, string detail, Exception? innerException = null)
        : base(detail, innerException)
    {
        Failure = failure;
        PeerMessage = peerMessage;
    }

    /// <summary>The kind of failure.</summary>
    public TargetFailure Failure { get; }

    /// <summary>One sentence that is safe to show to the person.</summary>
    public string PeerMessage { get; }
}

namespace Postern.Directory.Devices;

/// <summary>How a request stands when its program asks.</summary>
public enum DevicePollState
{
    /// <summary>Nobody has decided yet.</summary>
    Pending,

    /// <summary>Nobody has decided yet, and the program asks too often; the interval has grown.</summary>
    TooSoon,

    /// <summary>A person said no.</summary>
    Denied,

    /// <summary>The codes hold no longer.</summary>
    Expired,

    /// <summary>Allowed, and waiting to be taken up once.</summary>
    Approved,

    /// <summary>The approval was taken up before.</summary>
    Used,

    /// <summary>There is no such code of this requester.</summary>
    Unknown,
}

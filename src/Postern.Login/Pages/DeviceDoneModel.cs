namespace Postern.Login.Pages;

/// <summary>What a person has just decided about a device.</summary>
public sealed class DeviceDoneModel : PageModel
{
    /// <summary>True when the device was allowed.</summary>
    public required bool IsAllowed { get; init; }
}

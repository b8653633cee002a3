using Postern.Directory.Devices;
using Postern.Directory.People;

namespace Postern.Login.Pages;

/// <summary>Which device asks for what.</summary>
public sealed class DeviceConsentModel : PageModel
{
    /// <summary>What is asked.</summary>
    public required DeviceRequest Request { get; init; }

    /// <summary>The code to compare.</summary>
    public required string UserCode { get; init; }

    /// <summary>The person who is signed in.</summary>
    public required User User { get; init; }

    /// <summary>The address of this browser, or null.</summary>
    public required string? OwnAddress { get; init; }

    /// <summary>Whether the program gets a refresh token.</summary>
    public required bool StaysSignedIn { get; init; }

    /// <summary>The lifetimes that the page names.</summary>
    public required LoginOptions Options { get; init; }

    /// <summary>The time that ages are counted from.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>The sign-in page, to be somebody else.</summary>
    public required string OtherAccountLink { get; init; }
}

namespace Postern.Login.Pages;

/// <summary>The form for the code that a device shows.</summary>
public sealed class DeviceCodeModel : PageModel
{
    /// <summary>The e-mail address of who is signed in.</summary>
    public required string Email { get; init; }

    /// <summary>Why the last code did not do, or null.</summary>
    public string? Error { get; init; }
}

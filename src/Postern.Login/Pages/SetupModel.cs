namespace Postern.Login.Pages;

/// <summary>The form of the first account, with what was typed before.</summary>
public sealed class SetupModel : PageModel
{
    /// <summary>The setup code.</summary>
    public string Code { get; init; } = "";

    /// <summary>E-mail address.</summary>
    public string Email { get; init; } = "";

    /// <summary>Given name.</summary>
    public string FirstName { get; init; } = "";

    /// <summary>Family name.</summary>
    public string LastName { get; init; } = "";

    /// <summary>Name of the first organization.</summary>
    public string Organization { get; init; } = "";

    /// <summary>Whether it was the code that was wrong, and not the other fields.</summary>
    public bool IsCodeWrong { get; init; }

    /// <summary>Whether a passkey may take the place of the password.</summary>
    public bool OffersPasskey { get; init; }

    /// <summary>What was wrong, each a sentence.</summary>
    public IReadOnlyList<string> Faults { get; init; } = [];
}

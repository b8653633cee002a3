namespace Postern.Login.Pages.Factors;

/// <summary>A last question before something that cannot be taken back.</summary>
public sealed class DecisionModel : PageModel
{
    /// <summary>The question.</summary>
    public required string Title { get; init; }

    /// <summary>What will happen.</summary>
    public required string Text { get; init; }

    /// <summary>What the button says.</summary>
    public required string Button { get; init; }

    /// <summary>Where the form goes.</summary>
    public required string FormAction { get; init; }

    /// <summary>Why it was not done, or null.</summary>
    public string? Refusal { get; init; }
}

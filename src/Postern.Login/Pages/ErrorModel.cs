namespace Postern.Login.Pages;

/// <summary>What went wrong and what to do.</summary>
public sealed class ErrorModel : PageModel
{
    /// <summary>The headline.</summary>
    public required string Title { get; init; }

    /// <summary>What went wrong.</summary>
    public required string Text { get; init; }

    /// <summary>What to do about it.</summary>
    public required string Advice { get; init; }

    /// <summary>What a button says that does it, or null where none can.</summary>
    public string? Action { get; init; }

    /// <summary>Where the button leads.</summary>
    public string? ActionLink { get; init; }
}

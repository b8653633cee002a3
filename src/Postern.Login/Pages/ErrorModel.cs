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
}

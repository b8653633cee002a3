using Postern.Directory.Organizations;
using Postern.Directory.Sessions;
using Postern.Login.Accounts;

namespace Postern.Login.Pages;

/// <summary>The API tokens of an account, and the form for one more.</summary>
public sealed class ApiTokensModel : PageModel
{
    /// <summary>The machine whose tokens these are, or null for one's own.</summary>
    public string? Machine { get; init; }

    /// <summary>The machine's organization, or null.</summary>
    public OrganizationPlace? Organization { get; init; }

    /// <summary>Where the page's forms go.</summary>
    public required string Path { get; init; }

    /// <summary>The tokens, the newest first.</summary>
    public required IReadOnlyList<ApiToken> Tokens { get; init; }

    /// <summary>The projects that a token may be held to.</summary>
    public required IReadOnlyList<TokenProject> Projects { get; init; }

    /// <summary>The time that ages are counted from.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>What was typed before.</summary>
    public string Name { get; init; } = "";

    /// <summary>The token that was just made, with its secret; shown this once.</summary>
    public CreatedApiToken? Created { get; init; }

    /// <summary>Why the last token was not made, or null.</summary>
    public string? Error { get; init; }

    /// <summary>What was just done, or null.</summary>
    public string? Notice { get; init; }

    internal string ProjectName(string id) => Projects.FirstOrDefault(project => project.Id == id)?.Title ?? id;
}

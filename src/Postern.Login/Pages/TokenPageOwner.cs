using Postern.Directory.Organizations;

namespace Postern.Login.Pages;

/// <summary>Whose tokens a page shows.</summary>
/// <param name="UserId">The account.</param>
/// <param name="Path">The page's path.</param>
/// <param name="Machine">The machine's name, or null for the person's own page.</param>
/// <param name="Organization">The machine's organization, or null.</param>
internal sealed record TokenPageOwner(Guid UserId, string Path, string? Machine = null, OrganizationPlace? Organization = null);

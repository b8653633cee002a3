using Postern.Directory.Organizations;
using Postern.Login.Sessions;

namespace Postern.Login.Pages.Organizations;

/// <summary>A request about an organization by somebody who may see it.</summary>
/// <param name="Live">The session.</param>
/// <param name="Place">The organization, and what the person is there.</param>
/// <param name="Form">The form, or null when a page is only shown.</param>
/// <param name="Actor">The person, as changes name them.</param>
internal sealed record OrganizationVisit(LiveSession Live, OrganizationPlace Place, IFormCollection? Form, OrganizationActor Actor)
{
    /// <summary>The organization's id.</summary>
    public string Id => Place.Organization.Id;

    /// <summary>A field of the form.</summary>
    public string Field(string name) => Form?[name].ToString() ?? "";
}

namespace Postern.Login.Pages.Organizations;

/// <summary>The pages of one organization.</summary>
public enum OrganizationTab
{
    /// <summary>Its people.</summary>
    Members,

    /// <summary>Its projects.</summary>
    Projects,

    /// <summary>What it asks of them.</summary>
    Security,

    /// <summary>Its machine users.</summary>
    Machines,
}

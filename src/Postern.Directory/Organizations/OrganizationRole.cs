namespace Postern.Directory.Organizations;

/// <summary>What a person is in an organization.</summary>
public enum OrganizationRole
{
    /// <summary>Belongs to it; roles on projects are given project by project.</summary>
    Member,

    /// <summary>Administers the organization and all its projects.</summary>
    Admin,

    /// <summary>Owns the organization; administers all its projects.</summary>
    Owner,
}

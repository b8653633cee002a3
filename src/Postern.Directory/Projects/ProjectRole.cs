namespace Postern.Directory.Projects;

/// <summary>A person's role on a whole project.</summary>
public enum ProjectRole
{
    /// <summary>Sees the project; what more is allowed comes from the roles on environment types.</summary>
    Viewer,

    /// <summary>Everything on all environments.</summary>
    Admin,
}

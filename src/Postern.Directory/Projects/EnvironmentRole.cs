namespace Postern.Directory.Projects;

/// <summary>A person's role on the environments of one type; the order is the order of power.</summary>
public enum EnvironmentRole
{
    /// <summary>Looks, and branches.</summary>
    Viewer,

    /// <summary>Also pushes code and enters by SSH.</summary>
    Contributor,

    /// <summary>Also changes settings and rewrites history.</summary>
    Admin,
}

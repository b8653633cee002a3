namespace Postern.Directory.Secrets;

/// <summary>One element of ASP.NET Core Data Protection's key ring, shared by all processes.</summary>
public sealed class DataProtectionKey
{
    /// <summary>Id of the row.</summary>
    public int Id { get; set; }

    /// <summary>Name that Data Protection gave it, or null.</summary>
    public string? FriendlyName { get; set; }

    /// <summary>The key as XML.</summary>
    public required string Xml { get; set; }
}

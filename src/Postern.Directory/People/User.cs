using Microsoft.AspNetCore.Identity;

namespace Postern.Directory.People;

/// <summary>A person (or a machine user) with an account; the id is the <c>sub</c> of tokens and the key id of certificates.</summary>
public sealed class User : IdentityUser<Guid>
{
    /// <summary>Given name, may be empty.</summary>
    public string FirstName { get; set; } = "";

    /// <summary>Family name, may be empty.</summary>
    public string LastName { get; set; } = "";

    /// <summary>True when the account may neither sign in nor use anything it signed in to before.</summary>
    public bool IsDisabled { get; set; }

    /// <summary>When the account was made.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>When the account or its profile last changed.</summary>
    public DateTimeOffset UpdatedAt { get; set; }

    /// <summary>First and last name, or the user name when both are empty; this is what refusals and pages show.</summary>
    public string DisplayName
    {
        get
        {
            var name = $"{FirstName} {LastName}".Trim();
            return name.Length > 0 ? name : UserName ?? Id.ToString();
        }
    }
}

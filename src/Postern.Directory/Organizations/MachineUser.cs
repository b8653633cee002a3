namespace Postern.Directory.Organizations;

/// <summary>
/// Makes an account one of a machine: it belongs to an organization, has neither mailbox nor password, and acts by API
/// tokens alone.
/// </summary>
public sealed class MachineUser
{
    /// <summary>How many an organization may have: one for each task of each project, and few enough to list.</summary>
    public const int MaximumPerOrganization = 100;

    /// <summary>Longest name.</summary>
    public const int MaximumNameLength = 60;

    /// <summary>What the user name of every machine begins with.</summary>
    public const string UserNamePrefix = "machine:";

    /// <summary>The account.</summary>
    public Guid UserId { get; set; }

    /// <summary>The organization that it belongs to.</summary>
    public required string OrganizationId { get; set; }

    /// <summary>The person who made it and answers for it; no reference, for the record outlives them.</summary>
    public Guid OwnerId { get; set; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>True for 1 to 60 lower-case letters, digits and single hyphens between them.</summary>
    public static bool IsName(string name) =>
        name.Length is > 0 and <= MaximumNameLength
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')
        && name[0] != '-' && name[^1] != '-' && !name.Contains("--", StringComparison.Ordinal);

    /// <summary>
    /// The user name of the account. No address of a mailbox has a colon there, so it is never what a person signs in with.
    /// </summary>
    public static string UserName(string name, string organizationName) => $"{UserNamePrefix}{name}@{organizationName}";

    /// <summary>Whether a text is the user name of a machine, and so no address.</summary>
    public static bool IsUserName(string text) => text.StartsWith(UserNamePrefix, StringComparison.OrdinalIgnoreCase);
}

namespace Postern.Directory.SingleSignOn;

/// <summary>
/// One sign-in at a provider. The sessions that came of it hold as long as the provider, asked again, still knows the person.
/// </summary>
public sealed class SsoLogin
{
    /// <summary>Its row.</summary>
    public Guid Id { get; set; }

    /// <summary>The provider.</summary>
    public Guid ProviderId { get; set; }

    /// <summary>The account.</summary>
    public Guid UserId { get; set; }

    /// <summary>The provider's refresh token, encrypted, by which it is asked again; null when it gave none.</summary>
    public byte[]? ProtectedRefreshToken { get; set; }

    /// <summary>When the provider last said that all is well.</summary>
    public DateTimeOffset CheckedAt { get; set; }

    /// <summary>Until when one server asks, so that no other uses the same refresh token meanwhile; or null.</summary>
    public DateTimeOffset? AskingUntil { get; set; }

    /// <summary>When it ends whatever happens, for a provider that gave no refresh token and cannot be asked; or null.</summary>
    public DateTimeOffset? EndsAt { get; set; }

    /// <summary>When it was found to hold no more, or null.</summary>
    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>When the person signed in.</summary>
    public DateTimeOffset CreatedAt { get; set; }
}

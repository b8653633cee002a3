namespace Postern.Login.SingleSignOn;

/// <summary>How a sign-in at a provider stands.</summary>
internal enum SsoStanding
{
    /// <summary>The provider knows it, or knew it a moment ago.</summary>
    Holds,

    /// <summary>The provider could not be asked; it holds until that has lasted too long.</summary>
    Unanswered,

    /// <summary>It holds no more, and what came of it is ended.</summary>
    Ended,
}

namespace Postern.Login.Factors;

/// <summary>A passkey as its owner sees it.</summary>
/// <param name="Id">The credential id in base64url, as links and forms name it.</param>
/// <param name="Name">The name that the person gave it.</param>
/// <param name="CreatedAt">When it was added.</param>
/// <param name="LastUsedAt">When it last signed its person in, or null.</param>
/// <param name="IsSynchronized">Whether it may be on several devices (WebAuthn's backup eligibility).</param>
public sealed record PasskeySummary(string Id, string Name, DateTimeOffset CreatedAt, DateTimeOffset? LastUsedAt, bool IsSynchronized);

using Postern.Directory.People;

namespace Postern.Login.SingleSignOn;

/// <summary>Whose account a person from a provider gets into, or why into none. Exactly one of the two is not null.</summary>
/// <param name="User">The account.</param>
/// <param name="Refusal">A sentence for the person.</param>
internal sealed record SsoArrival(User? User, string? Refusal)
{
    public static SsoArrival Of(User user) => new(user, null);

    public static SsoArrival Refused(string sentence) => new(null, sentence);
}

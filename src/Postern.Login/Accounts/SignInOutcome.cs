using Postern.Directory.People;

namespace Postern.Login.Accounts;

/// <summary>What became of an attempt to sign in.</summary>
/// <param name="User">Who it is; null when refused.</param>
/// <param name="Refusal">Why not; null when signed in.</param>
/// <param name="RetryAfter">How long to wait, when there were too many attempts.</param>
internal sealed record SignInOutcome(User? User, SignInRefusal? Refusal, TimeSpan RetryAfter)
{
    public static SignInOutcome Accepted(User user) => new(user, null, TimeSpan.Zero);

    public static SignInOutcome WrongCredentials { get; } = new(null, SignInRefusal.WrongCredentials, TimeSpan.Zero);

    public static SignInOutcome Disabled { get; } = new(null, SignInRefusal.Disabled, TimeSpan.Zero);

    public static SignInOutcome SsoRequired { get; } = new(null, SignInRefusal.SsoRequired, TimeSpan.Zero);

    public static SignInOutcome TooMany(TimeSpan retryAfter) => new(null, SignInRefusal.TooManyAttempts, retryAfter);
}

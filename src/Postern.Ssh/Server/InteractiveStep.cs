namespace Postern.Ssh.Server;

/// <summary>What comes next in an <see cref="IInteractiveExchange"/>: one of the nested records.</summary>
public abstract record InteractiveStep
{
    private InteractiveStep()
    {
    }

    /// <summary>The person is asked, or told something.</summary>
    public sealed record Asked(InteractiveRound Round) : InteractiveStep;

    /// <summary>It is decided; the exchange is over.</summary>
    public sealed record Decided(AuthenticationOutcome Outcome) : InteractiveStep;
}

namespace Postern.Login.Pages;

/// <summary>The way to a new password by mail.</summary>
public sealed class ForgottenPasswordModel : PageModel
{
    /// <summary>Whether this server can send mail.</summary>
    public required bool CanSendMail { get; init; }

    /// <summary>Whether the address was just sent in; it says nothing about whether it has an account.</summary>
    public bool IsSent { get; init; }

    /// <summary>How long the link is good.</summary>
    public required TimeSpan LinkLifetime { get; init; }

    /// <summary>What was wrong, each a sentence.</summary>
    public IReadOnlyList<string> Faults { get; init; } = [];
}

using Postern.Ssh.Keys;

namespace Postern.Authority;

/// <summary>What comes of a request to sign: one of the nested records.</summary>
public abstract record SigningOutcome
{
    private SigningOutcome()
    {
    }

    /// <summary>The certificate, signed, checked and on record.</summary>
    /// <param name="Certificate">The certificate; <see cref="Certificate.ToAuthorizedKey"/> is its text.</param>
    public sealed record Issued(Certificate Certificate) : SigningOutcome;

    /// <summary>None, and nothing was recorded.</summary>
    /// <param name="Refusal">Why not.</param>
    /// <param name="Message">One sentence for the person who asked; holds nothing of what they sent.</param>
    public sealed record Refused(SigningRefusal Refusal, string Message) : SigningOutcome;
}

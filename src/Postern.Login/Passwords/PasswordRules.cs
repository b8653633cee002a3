using Postern.Directory.People;

namespace Postern.Login.Passwords;

/// <summary>
/// What a new password must be: long enough and not easily guessed (NIST SP 800-63B section 5.1.1.2). There are no rules of
/// composition, and nothing is asked of the network.
/// </summary>
internal sealed class PasswordRules(LoginOptions options, ILogger<PasswordRules> log)
{
    /// <summary>Fewest characters that are left when patterns count as one.</summary>
    private const int FewestUnpredictable = 8;

    /// <summary>Parts of addresses and names shorter than this are in too many good passwords.</summary>
    private const int ShortestKnownWord = 3;

    private readonly BreachedPasswordFile? _breached =
        options.BreachedPasswordsFile is { } path ? BreachedPasswordFile.Open(path) : null;

    /// <summary>What is wrong with a password for this account, each a sentence; empty when it is good.</summary>
    public IReadOnlyList<string> FindFaults(string password, User user) => FindFaults(password, user.Email ?? "", user.FirstName, user.LastName);

    /// <summary>The same for an account that is being made.</summary>
    public IReadOnlyList<string> FindFaults(string password, string email, string firstName, string lastName)
    {
        if (password.Length < LoginLimits.ShortestPassword)
        {
            return [$"The password must have at least {LoginLimits.ShortestPassword} characters."];
        }

        if (password.Length > LoginLimits.Password)
        {
            return [$"The password must have at most {LoginLimits.Password} characters."];
        }

        if (PasswordPatterns.CountUnpredictable(password, KnownWords(email, firstName, lastName)) < FewestUnpredictable)
        {
            return ["The password is too easy to guess: it is made of common words, keyboard rows, repetitions, or parts of the name or address. Four unrelated words make a good one."];
        }

        return FindInBreaches(password);
    }

    // Who cannot look a password up does not accept it: the operator asked for the check.
    private IReadOnlyList<string> FindInBreaches(string password)
    {
        try
        {
            return _breached?.Contains(password) == true
                ? ["The password has leaked from some other site, and lists of such passwords are what attackers try first. Choose another one."]
                : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            log.BreachedPasswordsUnreadable(e);
            return ["Passwords cannot be checked at the moment, so none can be set. Tell whoever runs this server; its log says why."];
        }
    }

    private List<string> KnownWords(string email, string firstName, string lastName)
    {
        var at = email.LastIndexOf('@');
        var mailbox = at < 0 ? email : email[..at];
        var domain = at < 0 ? [] : email[(at + 1)..].Split('.');
        string[] words =
        [
            mailbox, .. mailbox.Split('.', '_', '-', '+'), .. domain[..Math.Max(0, domain.Length - 1)], firstName, lastName,
            "postern", .. options.DeploymentName.Split(' '),
        ];
        return [.. words.Select(word => word.Trim().ToLowerInvariant()).Where(word => word.Length >= ShortestKnownWord).Distinct(StringComparer.Ordinal)];
    }
}

namespace Postern.Directory.Factors;

/// <summary>What became of a code that somebody typed.</summary>
public enum CodeVerdict
{
    /// <summary>The code is right; it never will be again.</summary>
    Accepted,

    /// <summary>The code is wrong, or the account has nothing that makes codes.</summary>
    Wrong,

    /// <summary>The code was right before: the person has to wait for the next one.</summary>
    AlreadyUsed,

    /// <summary>Too many codes were wrong; this one was not looked at.</summary>
    Locked,
}

namespace Postern.Authority;

/// <summary>
/// The keys of the authorities cannot be used: the master key is missing, readable by others or another one, or a record
/// is damaged. The message says what to do and holds no secret.
/// </summary>
public sealed class AuthorityKeyException : Exception
{
    /// <summary>Makes the exception with what was wrong and what to do.</summary>
    public AuthorityKeyException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

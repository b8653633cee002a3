namespace Postern.Directory.People;

/// <summary>What became of a key that was to be registered.</summary>
public enum SshKeyVerdict
{
    /// <summary>It is registered.</summary>
    Added,

    /// <summary>Some account has it already; whose is not said.</summary>
    Duplicate,

    /// <summary>The account has as many as it may.</summary>
    TooMany,
}

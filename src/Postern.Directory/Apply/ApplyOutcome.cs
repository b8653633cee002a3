namespace Postern.Directory.Apply;

/// <summary>What became of one declared thing.</summary>
public enum ApplyOutcome
{
    /// <summary>It was there already, just so.</summary>
    Unchanged,

    /// <summary>It was made.</summary>
    Created,

    /// <summary>It was there and is different now.</summary>
    Updated,

    /// <summary>A member who is no longer in a list of members was taken out.</summary>
    Removed,
}

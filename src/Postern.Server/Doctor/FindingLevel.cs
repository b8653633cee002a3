namespace Postern.Server.Doctor;

/// <summary>How good a finding is.</summary>
internal enum FindingLevel
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>Works, but somebody will be bothered by it.</summary>
    Warn,

    /// <summary>The server cannot do its work so.</summary>
    Fail,
}

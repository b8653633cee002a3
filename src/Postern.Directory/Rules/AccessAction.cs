namespace Postern.Directory.Rules;

/// <summary>What a person wants to do with an environment.</summary>
public enum AccessAction
{
    /// <summary>See that it exists and how it is set up.</summary>
    View,

    /// <summary>Enter an app or worker, or tunnel through it.</summary>
    Ssh,

    /// <summary>Push commits.</summary>
    Push,

    /// <summary>Push and rewrite history.</summary>
    ForcePush,

    /// <summary>Make a new environment from it.</summary>
    Branch,

    /// <summary>Change its settings, or start actions on it.</summary>
    ChangeSettings,
}

namespace Postern.Targets;

/// <summary>Why a target could not do what it was asked.</summary>
public enum TargetFailure
{
    /// <summary>The app does not have an instance of that number.</summary>
    NoSuchInstance,

    /// <summary>The app's files or its sandbox could not be set up.</summary>
    AppNotStarted,

    /// <summary>A service of the environment did not start or did not become healthy.</summary>
    ServiceNotStarted,

    /// <summary>A tunnel's destination did not accept the connection.</summary>
    ConnectFailed,

    /// <summary>A port or socket could not be listened on.</summary>
    ListenFailed,

    /// <summary>The target is stopping.</summary>
    Stopping,
}

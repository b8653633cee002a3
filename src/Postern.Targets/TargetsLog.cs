using Microsoft.Extensions.Logging;

namespace Postern.Targets;

internal static partial class TargetsLog
{
    [LoggerMessage(4500, LogLevel.Error, "A callback of the descriptor poller failed; the session it belongs to may hang")]
    internal static partial void PollerCallbackFailed(this ILogger logger, Exception exception);

    [LoggerMessage(4501, LogLevel.Information, "Sandbox {Sandbox} started as process {ProcessId}")]
    internal static partial void SandboxStarted(this ILogger logger, string sandbox, int processId);

    [LoggerMessage(4502, LogLevel.Information, "Sandbox {Sandbox} ended; it starts anew when it is next used")]
    internal static partial void SandboxEnded(this ILogger logger, string sandbox);

    [LoggerMessage(4503, LogLevel.Debug, "Session of {User} in {Sandbox} ended with status {Status}, signal {Signal}")]
    internal static partial void SessionEnded(this ILogger logger, string user, string sandbox, int status, int signal);

    [LoggerMessage(4504, LogLevel.Warning, "Session of {User} in {Sandbox} did not start")]
    internal static partial void SessionNotStarted(this ILogger logger, Exception exception, string user, string sandbox);

    [LoggerMessage(4505, LogLevel.Warning, "Old code of app {App} in {Folder} was not removed and takes up room until a later start")]
    internal static partial void OldTreesNotRemoved(this ILogger logger, Exception exception, string app, string folder);

    [LoggerMessage(4506, LogLevel.Warning, "The key agent of {User} could not be made reachable in {Sandbox}; the session goes on without")]
    internal static partial void AgentNotReachable(this ILogger logger, Exception exception, string user, string sandbox);

    [LoggerMessage(4507, LogLevel.Warning, "A connection to {Listener} was closed: it came from another user than the app's")]
    internal static partial void StrangerRefused(this ILogger logger, string listener);

    [LoggerMessage(4508, LogLevel.Error, "Connections to {Listener} cannot be accepted; trying again")]
    internal static partial void ForwardAcceptFailed(this ILogger logger, Exception exception, string listener);

    [LoggerMessage(4509, LogLevel.Error, "A connection to {Listener} could not be passed on")]
    internal static partial void ForwardFailed(this ILogger logger, Exception exception, string listener);

    [LoggerMessage(4510, LogLevel.Information, "Service {Service} listens on {Address}")]
    internal static partial void ServiceStarted(this ILogger logger, string service, string address);

    [LoggerMessage(4511, LogLevel.Warning, "Service {Service} ended with status {Status}, signal {Signal}; it starts again in {Delay}")]
    internal static partial void ServiceCrashed(this ILogger logger, string service, int status, int signal, TimeSpan delay);

    [LoggerMessage(4512, LogLevel.Information, "Service {Service} stopped")]
    internal static partial void ServiceStopped(this ILogger logger, string service);

    [LoggerMessage(4513, LogLevel.Warning, "Service {Service} did not stop within {Timeout} and was killed")]
    internal static partial void ServiceKilled(this ILogger logger, string service, TimeSpan timeout);

    [LoggerMessage(4514, LogLevel.Warning, "Service {Service} did not start again; the next try is in {Delay}")]
    internal static partial void ServiceRestartFailed(this ILogger logger, Exception exception, string service, TimeSpan delay);
}

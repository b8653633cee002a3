using Microsoft.Extensions.Logging;

namespace Postern.Ssh.EventLoops;

/// <summary>What the event loops log; EventIds from 1000.</summary>
internal static partial class EventLoopLog
{
    [LoggerMessage(1050, LogLevel.Error, "Something that an event loop called failed")]
    public static partial void CallbackFailed(this ILogger logger, Exception exception);
}

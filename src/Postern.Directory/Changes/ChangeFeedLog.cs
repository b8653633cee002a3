using Microsoft.Extensions.Logging;

namespace Postern.Directory.Changes;

/// <summary>What the change feed logs; EventIds from 4800.</summary>
internal static partial class ChangeFeedLog
{
    [LoggerMessage(4800, LogLevel.Error, "The change feed cannot read the database; changed rights are not seen until it can")]
    public static partial void FeedFailed(this ILogger logger, Exception exception);

    [LoggerMessage(4801, LogLevel.Information, "The change feed reads the database again")]
    public static partial void FeedRecovered(this ILogger logger);

    [LoggerMessage(4802, LogLevel.Error, "A subscriber of the change feed failed")]
    public static partial void SubscriberFailed(this ILogger logger, Exception exception);
}

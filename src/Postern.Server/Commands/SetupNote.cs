using Postern.Login.Accounts;

namespace Postern.Server.Commands;

/// <summary>Prints how to make the first account, with its code, while there is none.</summary>
internal static class SetupNote
{
    public static async Task WriteAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        var firstRun = services.GetRequiredService<FirstRun>();
        if (await firstRun.IssueCodeAsync(cancellationToken) is { } code)
        {
            await Console.Out.WriteLineAsync(firstRun.Announce(code));
        }
    }
}

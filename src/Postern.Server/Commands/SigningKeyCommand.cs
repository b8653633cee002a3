using System.CommandLine;
using Postern.Login.Tokens;

namespace Postern.Server.Commands;

/// <summary><c>postern-server signing-key</c>: the keys that sign access tokens, which change by themselves too.</summary>
internal static class SigningKeyCommand
{
    public static Command Create() => new("signing-key", "Look after the keys of access tokens") { List(), Rotate() };

    private static Command List()
    {
        var command = new Command("list", "List the published keys, the newest first");
        command.RunsOnCore(async (_, services, cancellationToken) =>
        {
            await PrintAsync(services, cancellationToken);
            return 0;
        });
        return command;
    }

    private static Command Rotate()
    {
        var revoke = new Option<bool>("--revoke-old") { Description = "The old keys may be in wrong hands: refuse their tokens at once" };
        var command = new Command(
            "rotate", $"Publish a new key, which signs after {SigningKeyService.PublishedBefore.TotalMinutes:0} minutes, when everybody knows it") { revoke };
        command.RunsOnCore(async (arguments, services, cancellationToken) =>
        {
            await services.GetRequiredService<SigningKeyService>().RotateAsync(arguments.GetValue(revoke), cancellationToken);
            await PrintAsync(services, cancellationToken);
            return 0;
        });
        return command;
    }

    private static async Task PrintAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        foreach (var key in await services.GetRequiredService<SigningKeyService>().ListAsync(cancellationToken))
        {
            var use = key.Use switch
            {
                SigningKeyUse.SignsSoon => "signs soon",
                SigningKeyUse.Signs => "signs",
                _ => "verifies",
            };
            await Console.Out.WriteLineAsync($"{key.KeyId}\t{use}\t{key.CreatedAt:u}");
        }
    }
}

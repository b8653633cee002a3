using System.CommandLine;
using Postern.Authority;
using Postern.Server.Composition;
using Postern.Server.Configuration;

namespace Postern.Server.Commands;

/// <summary><c>postern-server init</c>: makes all that a server needs before its first start; harmless when it is there.</summary>
internal static class InitCommand
{
    public static Command Create()
    {
        var command = new Command("init", "Make the data directory, the database and the keys; does nothing to what is there already");
        command.RunsOnCore(async (_, services, cancellationToken) =>
        {
            var config = services.GetRequiredService<ServerConfig>();
            var authority = services.GetRequiredService<CertificateAuthority>();
            var hostKeys = HostKeyFiles.OpenOrCreate(config.DataDirectory);
            await Console.Out.WriteLineAsync($"Data directory: {config.DataDirectory}");
            await Console.Out.WriteLineAsync($"Master key:     {config.MasterKeyFile} (back it up apart from the database)");
            await Console.Out.WriteLineAsync($"User CA:        {authority.TrustedUserAuthorities[0].Sha256Fingerprint}");
            await Console.Out.WriteLineAsync($"Host CA:        {authority.TrustedHostAuthorities[0].Sha256Fingerprint}");
            foreach (var key in hostKeys)
            {
                await Console.Out.WriteLineAsync($"Host key:       {key.PublicKey.Sha256Fingerprint} ({key.PublicKey.Type})");
                key.Dispose();
            }

            if (config.IsControl)
            {
                await SetupNote.WriteAsync(services, cancellationToken);
            }

            return 0;
        });
        return command;
    }
}

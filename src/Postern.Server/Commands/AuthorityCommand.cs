using System.CommandLine;
using Postern.Authority;
using Postern.Server.Configuration;

namespace Postern.Server.Commands;

/// <summary><c>postern-server ca</c>: the keys of the certificate authorities.</summary>
internal static class AuthorityCommand
{
    public static Command Create() => new("ca", "Look after the certificate authorities") { List(), Rotate(), Retire(), Export() };

    private static Command List()
    {
        var command = new Command("list", "List the keys, the oldest first");
        command.RunsOnCore(async (_, services, _) =>
        {
            foreach (var key in services.GetRequiredService<CertificateAuthority>().Keys)
            {
                await Console.Out.WriteLineAsync(
                    $"{key.Id}\t{NameOf(key.Purpose)}\t{key.State.ToString().ToLowerInvariant()}\t{key.CreatedAt:u}\t{key.PublicKey.Sha256Fingerprint}");
            }

            return 0;
        });
        return command;
    }

    private static Command Rotate()
    {
        var purpose = new Argument<string>("purpose") { Description = "user or host" };
        purpose.AcceptOnlyFromAmong("user", "host");
        var command = new Command("rotate", "Sign with a new key from now on; the old one stays trusted until it is retired") { purpose };
        command.RunsOnCore(async (arguments, services, cancellationToken) =>
        {
            var chosen = arguments.GetValue(purpose) == "user" ? AuthorityPurpose.UserCertificates : AuthorityPurpose.HostCertificates;
            var key = await services.GetRequiredService<CertificateAuthority>().RotateAsync(chosen, cancellationToken);
            await Console.Out.WriteLineAsync($"{key.Id}\t{NameOf(key.Purpose)}\t{key.PublicKey.Sha256Fingerprint}");
            return 0;
        });
        return command;
    }

    private static Command Retire()
    {
        var id = new Argument<Guid>("id") { Description = "The key's id, as list prints it" };
        var command = new Command("retire", "End the trust in a key that signs no more") { id };
        command.RunsOnCore(async (arguments, services, cancellationToken) =>
            await services.GetRequiredService<CertificateAuthority>().RetireAsync(arguments.GetValue(id), cancellationToken)
                ? 0
                : await CommandContext.FailAsync($"There is no key {arguments.GetValue(id)} that is trusted and signs no more; rotate first."));
        return command;
    }

    private static Command Export()
    {
        var command = new Command("export", "Print the public keys: authorized_keys lines of the user CA, known_hosts lines of the host CA");
        command.RunsOnCore(async (_, services, _) =>
        {
            var authority = services.GetRequiredService<CertificateAuthority>();
            var config = services.GetRequiredService<ServerConfig>();
            foreach (var key in authority.TrustedUserAuthorities)
            {
                await Console.Out.WriteLineAsync($"cert-authority {key.ToAuthorizedKey()}");
            }

            foreach (var line in authority.HostAuthorityLines([$"*.{config.Region}.{config.Domain}"]))
            {
                await Console.Out.WriteLineAsync(line);
            }

            return 0;
        });
        return command;
    }

    private static string NameOf(AuthorityPurpose purpose) => purpose == AuthorityPurpose.UserCertificates ? "user" : "host";
}

using System.CommandLine;
using Postern.Authority;
using Postern.Directory.Certificates;
using Postern.Server.Composition;
using Postern.Ssh.Wire;
using AuthorityKeyState = Postern.Authority.AuthorityKeyState;

namespace Postern.Server.Commands;

/// <summary><c>postern-server krl</c>: revocation lists for OpenSSH hosts that trust our authorities.</summary>
internal static class RevocationListCommand
{
    public static Command Create() => new("krl", "Revocation lists for other SSH servers") { Export() };

    private static Command Export()
    {
        var file = new Argument<string>("file") { Description = "Where to write the list; replaced at once if it is there" };
        var command = new Command("export", "Write what is no longer honoured (certificates of ended sessions, retired authorities) for sshd's RevokedKeys") { file };
        command.RunsOnCore(async (arguments, services, cancellationToken) =>
        {
            var serials = await services.GetRequiredService<CertificateLedger>().RevokedAsync(cancellationToken);
            var keys = services.GetRequiredService<CertificateAuthority>().Keys;
            var now = services.GetRequiredService<TimeProvider>().GetUtcNow();
            try
            {
                await WholeFile.WriteAsync(arguments.GetValue(file)!, RevokedCertificateList.Write(keys, serials, now), cancellationToken);
            }
            catch (WireFormatException exception)
            {
                return await CommandContext.FailAsync($"The list cannot be written: {exception.Message}.");
            }

            await Console.Out.WriteLineAsync(
                $"{serials.Count} certificates and {keys.Count(k => k.State == AuthorityKeyState.Retired)} authorities are revoked in {arguments.GetValue(file)}");
            return 0;
        });
        return command;
    }
}

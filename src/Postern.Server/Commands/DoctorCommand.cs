using System.CommandLine;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Postern.Authority;
using Postern.Directory.Storage;
using Postern.Server.Composition;
using Postern.Server.Configuration;
using Postern.Server.Doctor;

namespace Postern.Server.Commands;

/// <summary>
/// <c>postern-server doctor</c>: looks at everything that a server needs and changes nothing. Exit status 1 when
/// something is such that the server cannot do its work.
/// </summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var command = new Command("doctor", "Look at configuration, storage, keys, algorithms and clock, and say what to mend; changes nothing");
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var hasFailed = false;
            await foreach (var finding in ExamineAsync(arguments.GetValue(CommandContext.Config), cancellationToken))
            {
                await Console.Out.WriteLineAsync(finding.ToString());
                hasFailed |= finding.Level == FindingLevel.Fail;
            }

            return hasFailed ? CommandContext.Failed : 0;
        });
        return command;
    }

    private static async IAsyncEnumerable<Finding> ExamineAsync(
        string? file, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (config, faults) = Load(file);
        if (config is null)
        {
            foreach (var fault in faults)
            {
                yield return new Finding(FindingLevel.Fail, "configuration", fault.ToString(), "docs/configuration.md lists every setting");
            }

            yield break;
        }

        yield return new Finding(FindingLevel.Ok, "configuration", file is null ? "the defaults and the environment are valid" : $"{file} is valid");
        yield return StorageCheck.DataDirectory(config.DataDirectory);
        var masterKey = StorageCheck.MasterKeyFile(config.MasterKeyFile);
        yield return masterKey;

        var services = new ServiceCollection();
        services.AddLogging();
        services.AddCore(config);
        await using var provider = services.BuildServiceProvider();
        var contexts = provider.GetRequiredService<IDbContextFactory<DirectoryContext>>();
        var database = await StorageCheck.DatabaseAsync(config, contexts, cancellationToken);
        yield return database;
        if (masterKey.Level == FindingLevel.Ok && database.Level == FindingLevel.Ok)
        {
            yield return await AuthorityCheck.RunAsync(provider.GetRequiredService<CertificateAuthority>(), cancellationToken);
        }

        var now = provider.GetRequiredService<TimeProvider>().GetUtcNow();
        if (config.IsGateway)
        {
            yield return AlgorithmCheck.Run(config.Algorithms, MLKem.IsSupported, AlgorithmCheck.OpenSsl);
            foreach (var finding in HostKeyCheck.Files(config.DataDirectory))
            {
                yield return finding;
            }

            foreach (var finding in await HostKeyCheck.CertificatesAsync(config, now, cancellationToken))
            {
                yield return finding;
            }
        }

        yield return await ClockCheck.RunAsync(contexts, now, cancellationToken);
    }

    private static (ServerConfig? Config, IReadOnlyList<ConfigurationFault> Faults) Load(string? file)
    {
        try
        {
            return (ServerConfig.Load(file, Environment.GetEnvironmentVariables()), []);
        }
        catch (ConfigurationException exception)
        {
            return (null, exception.Faults);
        }
    }
}

using System.Diagnostics;
using System.Net;
using Postern.Server.Composition;
using Postern.Server.Configuration;
using Postern.Ssh.Keys;
using Postern.Ssh.Wire;

namespace Postern.Server.Doctor;

/// <summary>The host keys on disk, and the certificates that a running gateway shows for them.</summary>
internal static class HostKeyCheck
{
    /// <summary>A gateway renews its certificates every twelve hours for thirty days: with less than this left it no longer does.</summary>
    private static readonly TimeSpan LeastValidity = TimeSpan.FromDays(7);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>Looks at each key file.</summary>
    public static IEnumerable<Finding> Files(string dataDirectory)
    {
        foreach (var path in HostKeyFiles.Paths(dataDirectory))
        {
            yield return HostKeyFiles.Describe(path) switch
            {
                (null, null) => new Finding(FindingLevel.Warn, "host key", $"{path} is not there", "run postern-server init; the next start makes it too"),
                (null, { } fault) => new Finding(FindingLevel.Fail, "host key", fault, "see the message; the gateway does not start with it"),
                ({ } key, _) => new Finding(FindingLevel.Ok, "host key", $"{key} in {path}"),
            };
        }
    }

    /// <summary>Asks the gateway for its host certificates, by the machine's ssh-keyscan.</summary>
    public static async Task<IReadOnlyList<Finding>> CertificatesAsync(ServerConfig config, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var endPoint = config.SshListen[0];
        string output;
        try
        {
            output = await ScanAsync(endPoint, cancellationToken);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return [new Finding(FindingLevel.Warn, "host certificate", "cannot be looked at: there is no ssh-keyscan here", "install openssh-client")];
        }

        var findings = output.Split('\n').Select(line => OfLine(line, now)).OfType<Finding>().ToList();
        return findings.Count > 0
            ? findings
            : [new Finding(FindingLevel.Warn, "host certificate", $"no gateway shows one at {endPoint}", "start it with postern-server serve")];
    }

    /// <summary>What a line of ssh-keyscan -c says; null for comments and lines of other forms.</summary>
    internal static Finding? OfLine(string line, DateTimeOffset now)
    {
        var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length < 2 || !fields[^2].EndsWith("-cert-v01@openssh.com", StringComparison.Ordinal))
        {
            return null;
        }

        try
        {
            var certificate = Certificate.Read(Convert.FromBase64String(fields[^1]));
            var left = DateTimeOffset.FromUnixTimeSeconds((long)Math.Min(certificate.ValidBefore, (ulong)DateTimeOffset.MaxValue.ToUnixTimeSeconds())) - now;
            var text = $"{certificate.Key.Type} for {string.Join(", ", certificate.Principals)}, ";
            return left switch
            {
                { Ticks: <= 0 } => new Finding(FindingLevel.Fail, "host certificate", text + "has expired", "restart the gateway and look for event 4014 in its log"),
                _ when left < LeastValidity => new Finding(
                    FindingLevel.Warn, "host certificate", text + $"ends in {left.TotalDays:0.0} days and should have been renewed", "look for event 4014 in the gateway's log"),
                _ => new Finding(FindingLevel.Ok, "host certificate", text + $"holds for {left.TotalDays:0.0} more days"),
            };
        }
        catch (Exception exception) when (exception is WireFormatException or FormatException)
        {
            return new Finding(FindingLevel.Fail, "host certificate", $"cannot be read: {exception.Message}", "something else than this gateway listens there");
        }
    }

    private static async Task<string> ScanAsync(IPEndPoint endPoint, CancellationToken cancellationToken)
    {
        var address = endPoint.Address switch
        {
            var any when any.Equals(IPAddress.Any) => IPAddress.Loopback,
            var any when any.Equals(IPAddress.IPv6Any) => IPAddress.IPv6Loopback,
            var other => other,
        };
        var start = new ProcessStartInfo("ssh-keyscan", ["-c", "-T", "5", "-p", $"{endPoint.Port}", $"{address}"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            var errors = process.StandardError.ReadToEndAsync(patience.Token);
            var output = await process.StandardOutput.ReadToEndAsync(patience.Token);
            await errors;
            await process.WaitForExitAsync(patience.Token);
            return output;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            process.Kill();
            return "";
        }
    }
}

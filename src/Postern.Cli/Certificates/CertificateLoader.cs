using System.Globalization;
using Postern.Cli.Configuration;
using Postern.Cli.Files;
using Postern.Cli.Hosting;
using Postern.Cli.Http;
using Postern.Cli.Login;
using Postern.Cli.Sessions;
using Postern.Contracts.Api;
using Postern.Contracts.OAuth;

namespace Postern.Cli.Certificates;

/// <summary>Gets a certificate for this session's key and keeps it; one process at a time.</summary>
internal sealed class CertificateLoader(
    CliHost host, VendorConfig config, Session session, ApiClient api, FileLocks locks, ProcessRunner processes)
{
    private static readonly TimeSpan KeygenLimit = TimeSpan.FromSeconds(30);

    private string? _userId;

    public CertificateFiles Files { get; } = new(session.Store.SshDirectory);

    /// <summary>The certificate that lies there, if it is valid for who is logged in.</summary>
    public async Task<OpenSshCertificate?> FindValidAsync(CancellationToken cancellation)
    {
        var certificate = Files.Load();
        if (certificate is null || CertificateRules.IsExpired(certificate, host.Time.GetUtcNow()))
        {
            return null;
        }

        return CertificateRules.IsValid(certificate, host.Time.GetUtcNow(), await UserIdAsync(cancellation), session.Claims) ? certificate : null;
    }

    /// <summary>A valid certificate: the present one, or a new one.</summary>
    public async Task<OpenSshCertificate> LoadAsync(bool isNewWanted, CancellationToken cancellation)
    {
        if (!isNewWanted && await FindValidAsync(cancellation) is { } present)
        {
            return present;
        }

        // Logged in first, so that "not logged in" is said before a key is made.
        await session.GetAccessTokenAsync(rejected: null, cancellation);
        var before = File.Exists(Files.Certificate) ? File.GetLastWriteTimeUtc(Files.Certificate) : DateTime.MinValue;
        using var held = await locks.AcquireAsync(
            $"ssh-cert--sess-cli-{session.Store.SessionId}",
            () => File.Exists(Files.Certificate) && File.GetLastWriteTimeUtc(Files.Certificate) > before,
            cancellation);
        var isNewer = File.Exists(Files.Certificate) && File.GetLastWriteTimeUtc(Files.Certificate) > before;
        if ((!isNewWanted || isNewer) && await FindValidAsync(cancellation) is { } made)
        {
            return made;
        }

        return await RequestAsync(cancellation);
    }

    /// <summary>The user id of the session: the token's, or the account's when the token cannot be read.</summary>
    public async Task<string> UserIdAsync(CancellationToken cancellation)
    {
        if (_userId is null)
        {
            await session.GetAccessTokenAsync(rejected: null, cancellation);
            _userId = session.Claims?.UserId ?? (await api.GetAsync("/users/me", ApiJsonContext.Default.UserProfile, cancellation)).Id;
        }

        return _userId;
    }

    private async Task<OpenSshCertificate> RequestAsync(CancellationToken cancellation)
    {
        AtomicFile.CreateDirectory(Files.Directory);
        var isReused = Files.HasUsableKey(config.KeyLifetime, host.Time.GetUtcNow());
        var keyPath = isReused ? Files.Key : await GenerateKeyAsync(cancellation);
        try
        {
            var publicKey = (await File.ReadAllTextAsync(keyPath + ".pub", cancellation)).Trim();
            var certifier = config.CertifierUrl ?? throw OAuthClient.ServerUnknown(config);
            var url = new Uri(new Uri(certifier), "/ssh").AbsoluteUri;
            var response = await api.PostAsync(
                url, new CertificateRequest { Key = publicKey }, OAuthJsonContext.Default.CertificateRequest, OAuthJsonContext.Default.CertificateResponse, cancellation,
                canStepUp: false); // A login loads a certificate too, and waits for the lock held here; the command offers it afterwards.
            var certificate = Check(response.Certificate, publicKey);
            await RemoveFromAgentAsync(cancellation);
            // The certificate first: whoever comes between finds a pair that does not match and asks again.
            Files.SaveCertificate(response.Certificate);
            if (!isReused)
            {
                File.Move(keyPath, Files.Key, overwrite: true);
                File.Move(keyPath + ".pub", Files.PublicKey, overwrite: true);
            }

            Files.SaveFreshness(certificate.ValidBefore - CertificateRules.ExpiryBuffer);
            await AddToAgentAsync(certificate, cancellation);
            return certificate;
        }
        finally
        {
            if (!isReused)
            {
                AtomicFile.TryDelete(keyPath);
                AtomicFile.TryDelete(keyPath + ".pub");
            }
        }
    }

    private OpenSshCertificate Check(string line, string publicKey)
    {
        try
        {
            if (line.Trim().Contains('\n', StringComparison.Ordinal))
            {
                throw new FormatException("it has more than one line");
            }

            var certificate = OpenSshCertificate.Parse(line);
            if (!certificate.IsForUser || !certificate.KeyBlob.AsSpan().SequenceEqual(CertificateFiles.Blob(publicKey)))
            {
                throw new FormatException("it is not a user certificate for the key that was sent");
            }

            if (certificate.ValidBefore <= host.Time.GetUtcNow())
            {
                throw new FormatException($"it ended at {certificate.ValidBefore:u}; check this machine's clock");
            }

            return certificate;
        }
        catch (FormatException exception)
        {
            throw CliException.Failure($"The server's certificate cannot be used: {exception.Message}", exception);
        }
    }

    private async Task<string> GenerateKeyAsync(CancellationToken cancellation)
    {
        var keygen = Executables.Require(host, "ssh-keygen", "the OpenSSH client");
        var path = Path.Combine(Files.Directory, "id_ed25519_tmp" + Path.GetRandomFileName().Replace(".", "", StringComparison.Ordinal));
        var result = await processes.CaptureAsync(
            keygen, ["-q", "-t", "ed25519", "-N", "", "-C", config.Slug + "-temporary-cert", "-f", path], KeygenLimit, cancellation);
        return result.ExitCode == 0
            ? path
            : throw CliException.Failure($"ssh-keygen could not make a key in {Files.Directory}: {result.Error.Trim()}");
    }

    private async Task RemoveFromAgentAsync(CancellationToken cancellation)
    {
        if (config.AddToAgent && File.Exists(Files.Key) && Executables.Find(host, "ssh-add") is { } add)
        {
            await processes.CaptureAsync(add, ["-d", Files.Key], KeygenLimit, cancellation);
        }
    }

    private async Task AddToAgentAsync(OpenSshCertificate certificate, CancellationToken cancellation)
    {
        if (config.AddToAgent && Executables.Find(host, "ssh-add") is { } add)
        {
            var left = Math.Max((long)(certificate.ValidBefore - host.Time.GetUtcNow()).TotalSeconds, 1);
            await processes.CaptureAsync(add, ["-t", left.ToString(CultureInfo.InvariantCulture), Files.Key], KeygenLimit, cancellation);
        }
    }
}

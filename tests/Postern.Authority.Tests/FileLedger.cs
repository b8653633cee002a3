using System.Text.Json;

namespace Postern.Authority.Tests;

/// <summary>One file for each serial, so that the file system refuses a second of the same.</summary>
internal sealed class FileLedger(string directory) : ICertificateLedger
{
    public IReadOnlyList<string> Serials => [.. Directory.EnumerateFiles(directory, "*.cert").Select(f => Path.GetFileNameWithoutExtension(f))];

    public async Task RecordAsync(CertificateRecord certificate, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(Path.Combine(directory, certificate.Serial + ".cert"), FileMode.CreateNew, FileAccess.Write);
        var record = new Dictionary<string, string?>
        {
            ["keyId"] = certificate.KeyId,
            ["session"] = certificate.SessionId.ToString(),
            ["token"] = certificate.TokenId,
            ["source"] = certificate.SourceAddress?.ToString(),
            ["principals"] = string.Join(',', certificate.Principals),
            ["until"] = certificate.ValidBefore.ToString("O"),
            ["fingerprint"] = certificate.KeyFingerprint,
        };
        await JsonSerializer.SerializeAsync(file, record, cancellationToken: cancellationToken);
        file.Flush(flushToDisk: true);
    }

    public Dictionary<string, string?> Read(ulong serial) =>
        JsonSerializer.Deserialize<Dictionary<string, string?>>(File.ReadAllText(Path.Combine(directory, serial + ".cert")))!;
}

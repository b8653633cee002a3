using System.Text.Json;
using Postern.Cli.Files;
using Postern.Cli.Hosting;

namespace Postern.Cli.Sessions;

/// <summary>The files of one session: tokens, API token, and beside them the SSH key and certificate.</summary>
internal sealed class SessionStore(UserDirectory directory, string sessionId)
{
    private const long MaxFileBytes = 256 * 1024;

    public string SessionId { get; } = sessionId;

    public string Directory { get; } = directory.Session(sessionId);

    public string SshDirectory => Path.Combine(Directory, "ssh");

    public string TokenFile => Path.Combine(Directory, $"sess-cli-{SessionId}.json");

    private string ApiTokenFile => Path.Combine(Directory, "api-token");

    public StoredTokens? LoadTokens()
    {
        var text = AtomicFile.ReadIfExists(TokenFile, MaxFileBytes);
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(text, SessionJsonContext.Default.StoredTokens);
        }
        catch (JsonException exception)
        {
            throw CliException.Failure($"The session file {TokenFile} is damaged: {exception.Message}\nDelete it and log in again.", exception);
        }
    }

    public void SaveTokens(StoredTokens tokens) =>
        AtomicFile.Write(TokenFile, JsonSerializer.Serialize(tokens, SessionJsonContext.Default.StoredTokens) + "\n");

    public string? LoadApiToken() => AtomicFile.ReadIfExists(ApiTokenFile, MaxFileBytes)?.Trim() is { Length: > 0 } token ? token : null;

    public void SaveApiToken(string token) => AtomicFile.Write(ApiTokenFile, token + "\n");

    public void DeleteTokens() => AtomicFile.TryDelete(TokenFile);

    public void DeleteAll()
    {
        if (System.IO.Directory.Exists(Directory))
        {
            System.IO.Directory.Delete(Directory, recursive: true);
        }
    }
}

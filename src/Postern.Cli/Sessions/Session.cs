using Postern.Cli.Configuration;
using Postern.Cli.Files;
using Postern.Cli.Hosting;
using Postern.Cli.Login;
using Postern.Cli.Terminals;

namespace Postern.Cli.Sessions;

/// <summary>Who is logged in, and an access token that is valid now.</summary>
internal sealed class Session
{
    /// <summary>A token that ends within this time is replaced before it is used.</summary>
    private static readonly TimeSpan ExpiryBuffer = TimeSpan.FromSeconds(30);

    private readonly VendorConfig _config;
    private readonly OAuthClient _oauth;
    private readonly FileLocks _locks;
    private readonly TimeProvider _time;
    private readonly Terminal _terminal;

    public Session(CliHost host, VendorConfig config, UserDirectory directory, OAuthClient oauth, FileLocks locks, Terminal terminal)
    {
        _config = config;
        _oauth = oauth;
        _locks = locks;
        _time = host.Time;
        _terminal = terminal;
        ConfiguredApiToken = config.ApiToken ?? ReadTokenFile(config, directory, host);
        Store = new SessionStore(directory, Identify(config, directory, ConfiguredApiToken));
    }

    public SessionStore Store { get; }

    /// <summary>The API token of the environment or the configuration.</summary>
    public string? ConfiguredApiToken { get; }

    /// <summary>The API token in use, configured or stored at login.</summary>
    public string? ApiToken => ConfiguredApiToken ?? Store.LoadApiToken();

    public bool IsLoggedIn => _config.AccessToken is not null || ApiToken is not null || Store.LoadTokens() is not null;

    /// <summary>The claims of the token now held, without asking for a new one.</summary>
    public AccessTokenClaims? Claims => (_config.AccessToken ?? Store.LoadTokens()?.AccessToken) is { } token ? AccessTokenClaims.TryRead(token) : null;

    /// <summary>A valid access token.</summary>
    /// <param name="rejected">A token that the server just refused; another one is fetched.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="CliException">Nobody is logged in, or the session has ended.</exception>
    public async Task<string> GetAccessTokenAsync(string? rejected, CancellationToken cancellation)
    {
        if (_config.AccessToken is not null)
        {
            return rejected is null ? _config.AccessToken : throw CliException.LoginRequired("Unauthorized.\nThe access token in the configuration is not valid.");
        }

        if (Usable(rejected) is { } current)
        {
            return current;
        }

        // While waiting, another process may have stored a newer token.
        using var held = await _locks.AcquireAsync($"refresh--sess-cli-{Store.SessionId}", () => Usable(rejected) is not null, cancellation);
        return Usable(rejected) ?? await FetchAsync(rejected, cancellation);
    }

    /// <summary>Keeps new tokens.</summary>
    public void Save(StoredTokens tokens) => Store.SaveTokens(tokens);

    private string? Usable(string? rejected) =>
        Store.LoadTokens() is { AccessToken.Length: > 0 } tokens
        && tokens.AccessToken != rejected
        && DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(tokens.Expires, 0, 253402300799)) - _time.GetUtcNow() > ExpiryBuffer
            ? tokens.AccessToken
            : null;

    private async Task<string> FetchAsync(string? rejected, CancellationToken cancellation)
    {
        if (ApiToken is { } apiToken)
        {
            return await ExchangeApiTokenAsync(apiToken, cancellation);
        }

        while (true)
        {
            if (Store.LoadTokens() is not { RefreshToken: { Length: > 0 } refreshToken })
            {
                throw CliException.LoginRequired(LoginHint("Authentication is required."));
            }

            var outcome = await _oauth.RefreshAsync(refreshToken, cancellation);
            if (outcome.Tokens is { } tokens)
            {
                // A server that does not rotate keeps the old refresh token valid.
                tokens = tokens.RefreshToken is null ? tokens with { RefreshToken = refreshToken } : tokens;
                Save(tokens);
                return tokens.AccessToken;
            }

            if (!outcome.IsSessionEnded)
            {
                throw CliException.Failure($"The login server could not refresh the session: {outcome.Answer.Describe()}\nNothing was lost; try again.");
            }

            if (Store.LoadTokens() is { RefreshToken.Length: > 0 } stored && stored.RefreshToken != refreshToken)
            {
                // Another process, such as a login, has stored newer tokens meanwhile; the refusal is not about them.
                if (Usable(rejected) is { } current)
                {
                    return current;
                }

                continue;
            }

            Store.DeleteTokens();
            var isSso = outcome.Answer.Field("error_description")?.Contains("SSO session has expired", StringComparison.Ordinal) == true;
            throw CliException.LoginRequired(LoginHint(isSso ? "Your SSO session has expired. You have been logged out." : "Your session has expired. You have been logged out."));
        }
    }

    private async Task<string> ExchangeApiTokenAsync(string apiToken, CancellationToken cancellation)
    {
        var outcome = await _oauth.ExchangeApiTokenAsync(apiToken, cancellation);
        if (outcome.Tokens is { } tokens)
        {
            Save(tokens);
            return tokens.AccessToken;
        }

        if (outcome.IsRefused)
        {
            throw CliException.LoginRequired($"The API token is invalid.\nServer: {outcome.Answer.Describe()}");
        }

        throw CliException.Failure($"The API token could not be exchanged: {outcome.Answer.Describe()}");
    }

    /// <summary>The reason, then how to log in.</summary>
    public string LoginHint(string reason) =>
        $"{reason}\n\nPlease log in by running:\n    {_config.Executable} login"
        + (_terminal.IsInteractive ? "" : $"\n\nTo authenticate non-interactively, configure an API token using the {_config.EnvironmentPrefix}TOKEN environment variable.");

    private static string Identify(VendorConfig config, UserDirectory directory, string? apiToken)
    {
        if (apiToken is not null)
        {
            var hash = System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(apiToken));
            return "api-token-" + Convert.ToHexStringLower(hash)[..32];
        }

        var stored = AtomicFile.ReadIfExists(directory.SessionIdFile, limit: 1024)?.Trim();
        return config.SessionId ?? (stored is not null && SessionName.IsValid(stored) ? stored : SessionName.Default);
    }

    private static string? ReadTokenFile(VendorConfig config, UserDirectory directory, CliHost host)
    {
        if (config.ApiTokenFile is null)
        {
            return null;
        }

        var path = config.ApiTokenFile.StartsWith("~/", StringComparison.Ordinal)
            ? Path.Combine(directory.Home, config.ApiTokenFile[2..])
            : Path.GetFullPath(config.ApiTokenFile, host.CurrentDirectory);
        return AtomicFile.ReadIfExists(path, limit: 64 * 1024)?.Trim() is { Length: > 0 } token
            ? token
            : throw CliException.Configuration($"api.token_file: the file {path} does not exist or is empty.");
    }
}

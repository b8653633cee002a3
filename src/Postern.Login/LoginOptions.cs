using Postern.Directory.Devices;
using Postern.Login.Sessions;

namespace Postern.Login;

/// <summary>What the operator decides about signing in. Every lifetime is a setting; the defaults are the contract's.</summary>
public sealed class LoginOptions
{
    /// <summary>
    /// The public base URL of this server, without a trailing slash, for example <c>https://postern.example.com</c>.
    /// It is the issuer of the tokens (RFC 8414 section 2) and decides whether cookies are marked secure.
    /// </summary>
    public required string Issuer { get; init; }

    /// <summary>The product name of this deployment, as the pages show it.</summary>
    public string DeploymentName { get; init; } = "Postern";

    /// <summary>The clients that may ask for tokens.</summary>
    public IReadOnlyList<OAuth.OAuthClient> Clients { get; init; } = [OAuth.OAuthClient.CommandLine];

    /// <summary>How long an access token is good for. Default 15 minutes.</summary>
    public TimeSpan AccessTokenLifetime { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How long a key signs access tokens before another one does. Default 30 days.</summary>
    public TimeSpan SigningKeyLifetime { get; init; } = TimeSpan.FromDays(30);

    /// <summary>File with the secret of resource servers that introspect tokens (RFC 7662); null when there are none.</summary>
    public string? IntrospectionSecretFile { get; init; }

    /// <summary>How long an authorization code waits to be exchanged. Default 60 seconds.</summary>
    public TimeSpan AuthorizationCodeLifetime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a device waits to be allowed. Default 10 minutes.</summary>
    public TimeSpan DeviceCodeLifetime { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a used refresh token still gets the answer it got before, for an answer that was lost. Default 60 seconds.</summary>
    public TimeSpan RefreshGrace { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a session lives without being used. Default 7 days.</summary>
    public TimeSpan SessionIdleLimit { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How long a session lives however much it is used. Default 30 days.</summary>
    public TimeSpan SessionAbsoluteLimit { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How long the Authority makes user certificates last, for the consent page to say. Default 1 hour.</summary>
    public TimeSpan CertificateLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Passwords that are hashed at once; by default all processors but one, on which everything else goes on.</summary>
    internal int PasswordsAtOnce { get; init; } = Math.Max(1, Environment.ProcessorCount - 1);

    /// <summary>How many wrong passwords in an hour lock a name. Default 10.</summary>
    public int LockoutThreshold { get; init; } = 10;

    /// <summary>How long a locked name stays locked. Default 15 minutes.</summary>
    public TimeSpan LockoutDuration { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How many sign-in attempts one address may make in <see cref="AttemptWindow"/>. Default 60.</summary>
    public int AttemptsPerAddress { get; init; } = 60;

    /// <summary>How many sign-in attempts may be made for one e-mail address in <see cref="AttemptWindow"/>. Default 20.</summary>
    public int AttemptsPerAccount { get; init; } = 20;

    /// <summary>The span over which sign-in attempts are counted. Default 5 minutes.</summary>
    public TimeSpan AttemptWindow { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The mail server, or null when there is none.</summary>
    public Mail.MailOptions? Mail { get; init; }

    /// <summary>Folder into which mails are written when there is no mail server, or null to write none.</summary>
    public string? OutboxDirectory { get; init; }

    /// <summary>Hosts at which providers may be although they are not on the internet; see <see cref="SingleSignOn.ProviderAddress"/>.</summary>
    public IReadOnlyCollection<string> SsoInternalHosts { get; init; } = [];

    /// <summary>How long a sign-in at a provider holds that gave no refresh token, and so cannot be asked again. Default 1 hour.</summary>
    public TimeSpan SsoReauthentication { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long sign-ins hold whose provider cannot be asked. Default 1 hour, counted from its last answer.</summary>
    public TimeSpan SsoOutageGrace { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long an invitation can be accepted. Default 7 days.</summary>
    public TimeSpan InvitationLifetime { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How long the link to a new password is good. Default 1 hour.</summary>
    public TimeSpan ResetLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long the link that verifies an e-mail address is good. Default 1 day.</summary>
    public TimeSpan VerificationLifetime { get; init; } = TimeSpan.FromDays(1);

    /// <summary>File of leaked passwords (<see cref="Passwords.BreachedPasswordFile"/>), or null for none.</summary>
    public string? BreachedPasswordsFile { get; init; }

    /// <summary>Whether mail really leaves this server.</summary>
    internal bool CanSendMail => Mail is not null;

    /// <summary>Whether the server is reached by https, so that cookies are secure and bound to the host.</summary>
    internal bool IsHttps => Issuer.StartsWith("https://", StringComparison.Ordinal);

    /// <summary>Everything that is wrong with these options, each with the name of the option; empty when all is well.</summary>
    public IReadOnlyList<string> FindFaults()
    {
        var faults = new List<string>();
        if (!IsBaseUrl(Issuer))
        {
            faults.Add($"Issuer '{Issuer}' must be an absolute http or https URL without path, query or trailing slash.");
        }

        RequirePositive(faults, nameof(AccessTokenLifetime), AccessTokenLifetime);
        RequirePositive(faults, nameof(AuthorizationCodeLifetime), AuthorizationCodeLifetime);
        RequirePositive(faults, nameof(DeviceCodeLifetime), DeviceCodeLifetime);
        RequirePositive(faults, nameof(SigningKeyLifetime), SigningKeyLifetime);
        RequirePositive(faults, nameof(SessionIdleLimit), SessionIdleLimit);
        RequirePositive(faults, nameof(SessionAbsoluteLimit), SessionAbsoluteLimit);
        RequirePositive(faults, nameof(CertificateLifetime), CertificateLifetime);
        RequirePositive(faults, nameof(LockoutDuration), LockoutDuration);
        RequirePositive(faults, nameof(AttemptWindow), AttemptWindow);
        RequirePositive(faults, nameof(InvitationLifetime), InvitationLifetime);
        RequirePositive(faults, nameof(ResetLifetime), ResetLifetime);
        RequirePositive(faults, nameof(VerificationLifetime), VerificationLifetime);
        RequirePositive(faults, nameof(SsoReauthentication), SsoReauthentication);
        if (SsoOutageGrace < AccessTokenLifetime)
        {
            // Or an hour's sign-in would end at its first refresh.
            faults.Add("SsoOutageGrace must be at least AccessTokenLifetime.");
        }

        if (RefreshGrace < TimeSpan.Zero)
        {
            faults.Add("RefreshGrace must not be negative.");
        }

        if (AuthorizationCodeLifetime > LoginLimits.LongestCodeLifetime)
        {
            faults.Add($"AuthorizationCodeLifetime must be at most {LoginLimits.LongestCodeLifetime} (RFC 6749 section 4.1.2).");
        }

        if (AccessTokenLifetime > LoginLimits.LongestAccessTokenLifetime)
        {
            faults.Add($"AccessTokenLifetime must be at most {LoginLimits.LongestAccessTokenLifetime}.");
        }

        if (DeviceCodeLifetime > LoginLimits.LongestDeviceCodeLifetime)
        {
            faults.Add($"DeviceCodeLifetime must be at most {LoginLimits.LongestDeviceCodeLifetime}.");
        }

        if (LockoutThreshold < 1 || AttemptsPerAddress < 1 || AttemptsPerAccount < 1)
        {
            faults.Add("LockoutThreshold, AttemptsPerAddress and AttemptsPerAccount must be at least 1.");
        }

        if (Clients.Any(client => client.Id is DeviceRequest.SshRequester or SessionGrant.BrowserClientId))
        {
            faults.Add($"No client may have the id {DeviceRequest.SshRequester} or {SessionGrant.BrowserClientId}.");
        }

        if (Clients.Select(client => client.Id).Distinct(StringComparer.Ordinal).Count() != Clients.Count)
        {
            faults.Add("Clients must have different ids.");
        }

        return faults;
    }

    private static bool IsBaseUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
        && text == uri.GetLeftPart(UriPartial.Authority);

    private static void RequirePositive(List<string> faults, string name, TimeSpan value)
    {
        if (value <= TimeSpan.Zero)
        {
            faults.Add($"{name} must be longer than zero.");
        }
    }
}

namespace Postern.Server.Configuration;

/// <summary>The settings of sign-in at other providers.</summary>
public sealed record SsoSettings
{
    /// <summary>Hosts at which providers may be although they are not on the internet.</summary>
    public required IReadOnlyList<string> InternalHosts { get; init; }

    /// <summary>How long a sign-in holds whose provider gave no refresh token.</summary>
    public required TimeSpan Reauthentication { get; init; }

    /// <summary>How long sign-ins hold whose provider cannot be asked.</summary>
    public required TimeSpan OutageGrace { get; init; }

    /// <summary>Reads them.</summary>
    /// <param name="settings">Where from.</param>
    /// <param name="accessTokenLifetime">The life of an access token, which the grace may not be shorter than.</param>
    internal static SsoSettings Read(SettingsReader settings, TimeSpan accessTokenLifetime)
    {
        var result = new SsoSettings
        {
            InternalHosts = settings.Words("login.sso_internal_hosts", [], FindFaults),
            Reauthentication = settings.Duration("login.sso_reauthentication", TimeSpan.FromHours(1), TimeSpan.FromMinutes(15), TimeSpan.FromDays(1)),
            OutageGrace = settings.Duration("login.sso_outage_grace", TimeSpan.FromHours(1), TimeSpan.FromMinutes(1), TimeSpan.FromDays(1)),
        };
        if (result.OutageGrace < accessTokenLifetime)
        {
            settings.Fault("login.sso_outage_grace", "is shorter than login.access_token_lifetime");
        }

        return result;
    }

    private static List<string> FindFaults(IReadOnlyList<string> hosts) =>
        [.. hosts.Where(host => Uri.CheckHostName(host.Trim('[', ']')) == UriHostNameType.Unknown).Select(host => $"'{host}' is not the name or address of a host")];
}

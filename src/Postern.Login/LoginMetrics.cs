using System.Diagnostics.Metrics;

namespace Postern.Login;

/// <summary>What this room counts; <c>docs/metrics.md</c> lists the names.</summary>
internal sealed class LoginMetrics : IDisposable
{
    /// <summary>Too many attempts of one address.</summary>
    public const string Address = "address";

    /// <summary>Too many attempts of one IPv6 network.</summary>
    public const string Network = "network";

    /// <summary>Too many attempts for one e-mail address, or in one browser.</summary>
    public const string Account = "account";

    /// <summary>Too many wrong passwords.</summary>
    public const string Locked = "locked";

    /// <summary>Too many passwords wait to be hashed.</summary>
    public const string Busy = "busy";

    private readonly Meter _meter = new("Postern.Login");
    private readonly Counter<long> _refused;
    private readonly Counter<long> _refusedRefreshes;

    public LoginMetrics()
    {
        _refused = _meter.CreateCounter<long>("postern_login_refused_sign_ins", null, "Passwords that were not looked at, by limit");
        _refusedRefreshes = _meter.CreateCounter<long>("postern_login_refused_refreshes", null, "Refresh tokens that were sent too often and have to wait");
    }

    public void Dispose() => _meter.Dispose();

    /// <summary>Counts a refresh token that has to wait.</summary>
    public void RefusedRefresh() => _refusedRefreshes.Add(1);

    /// <summary>Counts a password that was not looked at.</summary>
    public void Refused(string limit) => _refused.Add(1, new KeyValuePair<string, object?>("limit", limit));
}

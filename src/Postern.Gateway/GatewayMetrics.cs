using System.Diagnostics.Metrics;
using Postern.Directory.Factors;
using Postern.Gateway.Listening;
using Postern.Gateway.Refusals;

namespace Postern.Gateway;

/// <summary>What the gateway counts; <c>docs/metrics.md</c> lists the names. One for each gateway of a process.</summary>
public sealed class GatewayMetrics : IDisposable
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "Postern.Gateway";

    private readonly UpDownCounter<long> _connections;
    private readonly UpDownCounter<long> _startups;
    private readonly UpDownCounter<long> _authenticated;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _logins;
    private readonly Counter<long> _penalties;
    private readonly UpDownCounter<long> _signIns;
    private readonly Counter<long> _asked;
    private readonly Counter<long> _codes;

    /// <summary>Makes the instruments.</summary>
    public GatewayMetrics()
    {
        Meter = new Meter(MeterName);
        _connections = Meter.CreateUpDownCounter<long>("postern_gateway_connections", null, "TCP connections open");
        _startups = Meter.CreateUpDownCounter<long>("postern_gateway_startups", null, "Connections that have not authenticated yet");
        _authenticated = Meter.CreateUpDownCounter<long>("postern_gateway_authenticated", null, "Connections of people who are in");
        _refused = Meter.CreateCounter<long>("postern_gateway_refused_connections", null, "Connections closed on arrival, by limit");
        _logins = Meter.CreateCounter<long>("postern_gateway_refused_people", null, "Refusals of people who were known, by code");
        _signIns = Meter.CreateUpDownCounter<long>("postern_gateway_sign_ins_waiting", null, "Connections that wait for a person to sign in");
        _asked = Meter.CreateCounter<long>("postern_gateway_code_demands", null, "Plain keys of people who must type a code as well");
        _codes = Meter.CreateCounter<long>("postern_gateway_codes", null, "Codes of second factors that were typed inside ssh, by verdict");
        _penalties = Meter.CreateCounter<long>("postern_gateway_penalties", null, "Failures that counted against their source, by reason");
    }

    /// <summary>The meter of this instance.</summary>
    public Meter Meter { get; }

    /// <inheritdoc/>
    public void Dispose() => Meter.Dispose();

    internal void Connection(int change) => _connections.Add(change);

    internal void Startup(int change) => _startups.Add(change);

    internal void Authenticated(int change) => _authenticated.Add(change);

    internal void Refused(AdmissionLimit limit) => _refused.Add(1, new KeyValuePair<string, object?>("limit", TagOf(limit)));

    internal void Refused(RefusalCode code) => _logins.Add(1, new KeyValuePair<string, object?>("code", $"PST-{(int)code}"));

    internal void SignIn(int change) => _signIns.Add(change);

    internal void Asked() => _asked.Add(1);

    internal void Checked(CodeVerdict verdict) => _codes.Add(1, new KeyValuePair<string, object?>("verdict", TagOf(verdict)));

    internal void Penalised(Penalty penalty) => _penalties.Add(1, new KeyValuePair<string, object?>("reason", TagOf(penalty)));

    internal void ObservePenalties(Func<long> active) =>
        Meter.CreateObservableGauge("postern_gateway_penalties_active", active, null, "Sources that are kept out now");

    // Names of enumerations are few, so each text is made once a process by ToString's own cache of names.
    private static string TagOf<T>(T value)
        where T : struct, Enum => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}

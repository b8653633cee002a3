using System.Net;
using Postern.Server.Configuration;

namespace Postern.Server.Metrics;

/// <summary>
/// Answers <c>/metrics</c>: at the addresses of <c>http.metrics_listen</c> to everybody who reaches them, and without such at
/// <c>http.listen</c> to this machine alone.
/// </summary>
internal static class MetricsEndpoint
{
    private const string Path = "/metrics";

    // What proxies say for whom they ask: a request that has one comes from this machine only by its last step.
    private static readonly string[] ForwardingHeaders = ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via"];

    /// <summary>Adds it in front of all else, where the peer is still the one that connected.</summary>
    public static void UseMetrics(this WebApplication app, ServerConfig config, PrometheusExporter exporter) => app.Use(async (context, next) =>
    {
        var isOwnAddress = config.MetricsListen.Any(endPoint => IsAt(context.Connection, endPoint));
        if (context.Request.Path == Path && HttpMethods.IsGet(context.Request.Method)
            && (isOwnAddress || (config.MetricsListen.Count == 0 && IsFromHere(context))))
        {
            context.Response.ContentType = PrometheusExporter.ContentType;
            context.Response.Headers.CacheControl = "no-store";
            await context.Response.WriteAsync(exporter.Write(), context.RequestAborted);
        }
        else if (isOwnAddress)
        {
            // Nothing else is to be had here: whoever may see numbers may not therefore try passwords.
            context.Response.StatusCode = StatusCodes.Status404NotFound;
        }
        else
        {
            await next(context);
        }
    });

    private static bool IsAt(ConnectionInfo connection, IPEndPoint endPoint) =>
        connection.LocalPort == endPoint.Port && connection.LocalIpAddress is { } address
        && (endPoint.Address.Equals(IPAddress.Any) || endPoint.Address.Equals(IPAddress.IPv6Any) || Plain(address).Equals(Plain(endPoint.Address)));

    private static bool IsFromHere(HttpContext context) =>
        context.Connection.RemoteIpAddress is { } peer && IPAddress.IsLoopback(Plain(peer))
        && !ForwardingHeaders.Any(context.Request.Headers.ContainsKey);

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}

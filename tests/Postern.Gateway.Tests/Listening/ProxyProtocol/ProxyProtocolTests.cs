using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Postern.Gateway.Listening;
using Postern.Gateway.Listening.ProxyProtocol;
using Postern.Gateway.Tests.Testing;
using Postern.Ssh.Keys;
using Postern.Testing;

namespace Postern.Gateway.Tests.Listening.ProxyProtocol;

/// <summary>Security 66: who may speak for a client, over real sockets and behind real proxies.</summary>
public sealed class ProxyProtocolTests
{
    private static readonly GatewayConfig Proxied = new()
    {
        Listen = [],
        ProxyTrusted = [IPNetwork.Parse("127.0.0.1/32")],
        Penalties = new PenaltyLimits { Exempt = [IPNetwork.Parse("127.0.0.0/8")] },
    };

    [Fact]
    public async Task Header_OfATrustedProxy_NamesTheClientEverywhere()
    {
        await using var gateway = await ListeningGateway.StartAsync(Proxied with { MaximumStartupsPerAddress = 1 });
        using var counts = new MeteredCounts(gateway.Fixture.Get<GatewayMetrics>().Meter);
        using var client = await gateway.TryConnectAsync(Header("TCP4 192.0.2.7 127.0.0.1 4711 22"));
        Assert.NotNull(client);

        Assert.Null(await gateway.TryConnectAsync(Header("TCP4 192.0.2.7 127.0.0.1 4712 22")));
        Assert.Null(await gateway.TryConnectAsync(Header("TCP6 ::ffff:192.0.2.7 ::1 4712 22")));
        using var other = await gateway.TryConnectAsync(Header("TCP6 2001:db8::7 ::1 4713 22"));
        Assert.NotNull(other);

        Assert.Equal(2, counts["postern_gateway_refused_connections startups_per_address"]);
        Assert.Contains("192.0.2.7", Assert.Single(gateway.Fixture.Log.Of(4020)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Penalty_IsTheClientsAndNotTheProxys()
    {
        await using var gateway = await ListeningGateway.StartAsync(Proxied);
        for (var i = 0; i < 15; i++)
        {
            using var client = await gateway.TryConnectAsync(Header("TCP4 192.0.2.7 127.0.0.1 4711 22"));
            Assert.NotNull(client);
            client.Dispose();
            await gateway.WaitUntilEmptyAsync();
        }

        Assert.Null(await gateway.TryConnectAsync(Header("TCP4 192.0.2.7 127.0.0.1 4711 22")));
        using var other = await gateway.TryConnectAsync(Header("TCP4 192.0.2.8 127.0.0.1 4711 22"));
        Assert.NotNull(other);
        Assert.Contains("192.0.2.7", Assert.Single(gateway.Fixture.Log.Of(4042)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ConnectionOfAProxy_WithoutAHeader_IsRefused()
    {
        await using var gateway = await ListeningGateway.StartAsync(Proxied);
        using var counts = new MeteredCounts(gateway.Fixture.Get<GatewayMetrics>().Meter);

        Assert.Null(await gateway.TryConnectAsync("SSH-2.0-OpenSSH_9.2\r\n"u8.ToArray()));

        await gateway.WaitUntilEmptyAsync();
        Assert.Equal(1, counts["postern_gateway_refused_connections proxy_header"]);
        Assert.Contains("does not begin with a PROXY header", Assert.Single(gateway.Fixture.Log.Of(4043)), StringComparison.Ordinal);
        Assert.Equal(255, (await gateway.SshAsync()).ExitCode);
        Assert.Single(gateway.Fixture.Log.Of(4043));
    }

    [Fact]
    public async Task Header_OfAnyoneElse_IsGarbage()
    {
        await using var gateway = await ListeningGateway.StartAsync(Proxied with { ProxyTrusted = [IPNetwork.Parse("127.0.0.2/32")] });
        using var client = await gateway.TryConnectAsync(Header("TCP4 192.0.2.7 127.0.0.1 4711 22"));
        Assert.NotNull(client);
        await ListeningGateway.ReadToEndAsync(client);
        await gateway.WaitUntilEmptyAsync();
        Assert.Contains("identification string is not one of SSH 2.0", Assert.Single(gateway.Fixture.Log.Of(1102)), StringComparison.Ordinal);

        var direct = await gateway.SshAsync();
        Assert.True(direct.ExitCode == 0, direct.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("PROXY TCP4 192.0.2.7 ")]
    [InlineData("PROXY TCP4 192.0.2.7 127.0.0.1 4711 22\r")]
    [InlineData("\r\n\r\n\0\r\nQUIT\n\u0021\u0011\0")]
    public async Task HalfAHeader_IsWaitedForOnlySoLong(string start)
    {
        await using var gateway = await ListeningGateway.StartAsync(Proxied);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, gateway.Port);
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(start));
        await Programs.WaitUntilAsync(() => gateway.Admission.Open == 1, "the connection");

        // The timer may not be there yet when the clock is moved for the first time.
        await Programs.WaitUntilAsync(
            () =>
            {
                gateway.Fixture.Clock.Advance(ProxyProtocolLimits.Timeout);
                return gateway.Fixture.Log.Of(4043).Count == 1;
            },
            "the end of patience");

        await ListeningGateway.ReadToEndAsync(client);
        await gateway.WaitUntilEmptyAsync();
        Assert.Contains("bytes of a PROXY header came within 5 s", Assert.Single(gateway.Fixture.Log.Of(4043)), StringComparison.Ordinal);
    }

    // Security 9: who comes over something that is no IP address does not come from the proxy's either.
    [Theory]
    [InlineData("PROXY TCP4 127.0.0.9 127.0.0.1 4711 22", null)]
    [InlineData("PROXY TCP4 192.0.2.7 127.0.0.1 4711 22", "PST-205")]
    [InlineData("PROXY TCP4 127.0.0.9 127.0.0.1 0 22", "PST-205")]
    [InlineData("PROXY UNKNOWN", "PST-205")]
    public async Task PinnedCertificate_IsGoodOnlyWithTheClientsOwnAddress(string header, string? code)
    {
        await using var gateway = await ListeningGateway.StartAsync(Proxied);
        using var key = Ed25519PrivateKey.Generate();
        var file = await gateway.WriteKeyAsync("pinned", key);
        var session = await gateway.Fixture.NewSessionAsync(gateway.Fixture.Alice, "pwd mfa");
        var certificate = await gateway.Fixture.IssueAsync(gateway.Fixture.Alice, session, key.PublicKey, "127.0.0.0/8");
        await File.WriteAllTextAsync(file + "-cert.pub", certificate.ToAuthorizedKey() + "\n");
        var proxy = Path.Combine(gateway.Fixture.Folder, "proxy.sh");

        // What reads ends with ssh, also where the signal that ssh sends it is ignored.
        await File.WriteAllTextAsync(
            proxy,
            $"exec 3<>/dev/tcp/127.0.0.1/{gateway.Port}; printf '{header}\\r\\n' >&3; {{ cat >&3; kill $$; }} <&0 & exec cat <&3\n");

        var result = await gateway.SshAsync(key: file, options: ["-o", $"ProxyCommand=bash {proxy}"]);

        Assert.True(result.ExitCode == (code is null ? 0 : 255), result.Error);
        Assert.Contains(code ?? "", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("PROXY UNKNOWN\r\n")]
    [InlineData("\r\n\r\n\0\r\nQUIT\n\u0020\0\0\0")]
    public async Task HealthChecks_AreQuiet(string header)
    {
        await using var gateway = await ListeningGateway.StartAsync(Proxied);
        using var counts = new MeteredCounts(gateway.Fixture.Get<GatewayMetrics>().Meter);
        var lines = gateway.Fixture.Log.Lines;
        for (var i = 0; i < 20; i++)
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, gateway.Port);
            var stream = client.GetStream();
            await stream.WriteAsync(Encoding.Latin1.GetBytes(header));
            client.Client.Shutdown(SocketShutdown.Send);
            await ListeningGateway.ReadToEndAsync(stream);
            await gateway.WaitUntilEmptyAsync();
        }

        Assert.Equal(0, counts["postern_gateway_refused_connections proxy_header"]);
        Assert.Equal(0, counts["postern_gateway_penalties no_authentication"]);
        Assert.Equal(lines, gateway.Fixture.Log.Lines);
    }

    [Fact]
    public async Task HAProxy_SendsVersion2()
    {
        await using var gateway = await ListeningGateway.StartAsync(Proxied);
        var port = Ports.Free();
        var file = Path.Combine(gateway.Fixture.Folder, "haproxy.cfg");
        await File.WriteAllTextAsync(file, $"""
            global
                maxconn 100
            defaults
                mode tcp
                timeout connect 5s
                timeout client 1m
                timeout server 1m
            listen ssh
                bind 127.0.0.1:{port}
                server gateway 127.0.0.1:{gateway.Port} send-proxy-v2 check check-send-proxy inter 200ms

            """);
        await AssertClientIsNamedAsync(gateway, port, gateway.Start("haproxy", "-db", "-f", file));
    }

    [Fact]
    public async Task Nginx_SendsVersion1()
    {
        await using var gateway = await ListeningGateway.StartAsync(Proxied);
        var port = Ports.Free();
        var folder = gateway.Fixture.Folder;
        var file = Path.Combine(folder, "nginx.conf");
        await File.WriteAllTextAsync(file, $$"""
            load_module /usr/lib/nginx/modules/ngx_stream_module.so;
            daemon off;
            master_process off;
            pid {{folder}}/nginx.pid;
            error_log {{folder}}/nginx.log;
            events { worker_connections 100; }
            stream {
                server {
                    listen 127.0.0.1:{{port}};
                    proxy_pass 127.0.0.1:{{gateway.Port}};
                    proxy_protocol on;
                }
            }
            """);
        await AssertClientIsNamedAsync(gateway, port, gateway.Start("nginx", "-p", folder, "-e", Path.Combine(folder, "nginx.log"), "-c", file));
    }

    /// <summary>The real ssh, from another address of this machine, through a real proxy.</summary>
    private static async Task AssertClientIsNamedAsync(ListeningGateway gateway, int port, Process proxy)
    {
        await Programs.WaitUntilAsync(() => proxy.HasExited || Programs.IsListening(port), "the proxy");
        Assert.True(!proxy.HasExited, proxy.HasExited ? await proxy.StandardError.ReadToEndAsync() : "");

        var result = await gateway.SshAsync(port: port, options: ["-b", "127.0.0.9"]);

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.EndsWith("from 127.0.0.9", Assert.Single(await gateway.Fixture.AuditAsync("ssh.connected")).Detail, StringComparison.Ordinal);
        Assert.Empty(gateway.Fixture.Log.Of(4043));
    }

    private static byte[] Header(string rest) => Encoding.ASCII.GetBytes($"PROXY {rest}\r\n");
}

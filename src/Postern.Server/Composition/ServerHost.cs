using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.HttpOverrides;
using Postern.Api;
using Postern.Gateway;
using Postern.Login;
using Postern.Server.Configuration;
using Postern.Server.Logging;
using Postern.Server.Metrics;
using Postern.Ssh.Connection;
using Postern.Targets;
using AuthenticationLimits = Postern.Ssh.Server.AuthenticationLimits;

namespace Postern.Server.Composition;

/// <summary>Puts the rooms together into one running process.</summary>
internal static class ServerHost
{
    /// <summary>Largest body of a request in bytes; the largest of ours is a page of SSH keys.</summary>
    private const int MaximumRequestBody = 1024 * 1024;

    /// <summary>Prepares and starts everything that the configuration's roles name.</summary>
    public static async Task<WebApplication> StartAsync(ServerConfig config, CancellationToken cancellationToken)
    {
        // One file is the configuration, and it is read already: an appsettings.json where the server happens to be
        // started must not add to it, nor be watched, which would wake a thread with every write to a file of that folder.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = ["--hostBuilder:reloadConfigOnChange=false"] });
        builder.Configuration.Sources.Clear();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<ILoggerProvider>(provider => new ConsoleLog(
            Console.OpenStandardOutput(), provider.GetRequiredService<TimeProvider>()));
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Postern", LogLevel.Information);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaximumRequestBody;
            if (config.IsControl)
            {
                foreach (var endPoint in config.HttpListen)
                {
                    kestrel.Listen(endPoint);
                }
            }

            foreach (var endPoint in config.MetricsListen)
            {
                kestrel.Listen(endPoint);
            }
        });

        var services = builder.Services;
        services.AddSingleton<PrometheusExporter>();
        services.AddCore(config);
        if (config.IsControl)
        {
            services.AddPosternLogin(CoreServices.LoginOptionsOf(config));
            services.AddPosternApi(ApiOptionsOf(config));
        }

        if (config.IsGateway)
        {
            AddGateway(services, config);
        }

        if (!config.IsControl && config.MetricsListen.Count == 0)
        {
            services.AddSingleton<IServer, NoHttp>();
        }

        var app = builder.Build();

        // It counts only what is made after it.
        app.UseMetrics(config, app.Services.GetRequiredService<PrometheusExporter>());
        await app.Services.PrepareAsync(cancellationToken);
        if (config.IsControl)
        {
            UseStrictTransport(app, config);
            UseForwardedHeaders(app, config);
            app.UseFaultAnswers();
            app.UseAuthentication();
            app.UseAuthorization();
            app.MapPosternLogin();
            app.MapPosternApi();
        }

        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (IOException exception) when (exception.InnerException is AddressInUseException or SocketException)
        {
            await app.DisposeAsync();
            throw new IOException($"HTTP cannot listen on {string.Join(" and ", config.HttpListen.Concat(config.MetricsListen))}: another program does. Stop it, or change http.listen or http.metrics_listen.", exception);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        return app;
    }

    private static void AddGateway(IServiceCollection services, ServerConfig config)
    {
        CoreServices.MakeDataDirectory(config);
        services.AddSingleton<ITarget>(provider => ProcessTarget.Open(
            new ProcessTargetConfig
            {
                DataDirectory = Path.Combine(config.DataDirectory, "environments"),
                ServiceDomain = $"service._.{config.Region}.{config.Domain}",
            },
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<ProcessTarget>>()));
        services.AddPosternGateway(
            new GatewayConfig
            {
                Listen = config.SshListen,
                Algorithms = config.Algorithms,
                MaximumConnections = config.MaximumConnections,
                MaximumConnectionsPerAddress = config.MaximumConnectionsPerAddress,
                MaximumConnectionsPerUser = config.MaximumConnectionsPerUser,
                Startups = config.Startups,
                MaximumStartupsPerAddress = config.MaximumStartupsPerAddress,
                MemoryLimit = config.MemoryLimit * 1024L * 1024,
                Penalties = config.Penalties,
                ProxyTrusted = config.ProxyTrusted,
                RevokedKeysFile = config.RevokedKeysFile,
                AccountsUrl = config.PublicUrl.AbsoluteUri.TrimEnd('/'),
                SignIn = config.SignIn,
                ApprovalLifetime = config.ApprovalLifetime,
                Authentication = new AuthenticationLimits { LoginGrace = config.LoginGrace },
                KeepAlive = new KeepAliveLimits { Interval = config.KeepAliveInterval, Count = config.KeepAliveCount },
            },
            HostKeyFiles.OpenOrCreate(config.DataDirectory),
            config.HostPrincipals);
    }

    // RFC 6797. Or the first request of a browser by http could be answered by whoever is in between, with a page that asks for
    // the password. Without includeSubDomains: what else the operator serves below this name is not ours to decide.
    private static void UseStrictTransport(WebApplication app, ServerConfig config)
    {
        if (config.PublicUrl.Scheme == "https")
        {
            app.Use((context, next) =>
            {
                context.Response.OnStarting(() =>
                {
                    context.Response.Headers.StrictTransportSecurity = "max-age=31536000";
                    return Task.CompletedTask;
                });
                return next(context);
            });
        }
    }

    // An https URL means that a proxy ends TLS in front of us: the person's address and scheme are what it says. Without
    // one nobody's header is believed, for apps on this machine could write any address there. Whoever names the proxies
    // names all of them: then this machine, which apps share, is none unless it is named.
    private static void UseForwardedHeaders(WebApplication app, ServerConfig config)
    {
        if (config.PublicUrl.Scheme != "https")
        {
            return;
        }

        var options = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto };
        if (config.TrustedProxies.Count > 0)
        {
            options.KnownProxies.Clear();
            options.KnownIPNetworks.Clear();
        }

        foreach (var proxy in config.TrustedProxies)
        {
            options.KnownProxies.Add(proxy);
        }

        app.UseForwardedHeaders(options);
    }

    private static ApiOptions ApiOptionsOf(ServerConfig config) => new()
    {
        Name = config.Name,
        PublicUrl = config.PublicUrl.GetLeftPart(UriPartial.Authority),
        Domain = config.Domain,
        Region = config.Region,
        SshClientOptions = config.SshClientOptions,
    };
}

using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Postern.Login.SingleSignOn;

/// <summary>Registers and maps sign-in at providers.</summary>
internal static class SsoServices
{
    public static void AddSingleSignOn(this IServiceCollection services)
    {
        services.TryAddSingleton<ProviderHttp>();
        services.AddSingleton<ProviderDocuments>();
        services.AddSingleton<IdTokenReader>();
        services.AddSingleton<ProviderTokens>();
        services.AddSingleton<SsoAttempts>();
        services.AddSingleton<SsoAccounts>();
        services.AddSingleton<SsoLogins>();
        services.AddSingleton<SsoEndpoint>();
        services.AddSingleton<SsoLookup>();
        services.AddSingleton<SsoWatch>();
        services.AddHostedService(provider => provider.GetRequiredService<SsoWatch>());
    }

    public static void MapSingleSignOn(this IEndpointRouteBuilder routes)
    {
        var sso = routes.ServiceProvider.GetRequiredService<SsoEndpoint>();
        routes.MapGet(LoginPaths.Sso, sso.BeginAtOwnAsync);
        routes.MapGet(LoginPaths.Sso + "/{name}", (HttpContext context, string name) => sso.BeginAsync(context, name));
        routes.MapGet(LoginPaths.Sso + "/{name}/callback", (HttpContext context, string name) => sso.FinishAsync(context, name));
    }
}

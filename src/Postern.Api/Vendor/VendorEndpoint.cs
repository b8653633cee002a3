using Postern.Api.Answers;
using Postern.Authority;
using Postern.Contracts.WellKnown;

namespace Postern.Api.Vendor;

/// <summary>What the CLI needs to know about this deployment, for <c>postern login --server URL</c>.</summary>
internal static class VendorEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/.well-known/postern", Show).AllowAnonymous();

    private static IResult Show(HttpContext http, ApiConfig config, CertificateAuthority authority)
    {
        // A rotated host authority must reach clients soon.
        http.Response.Headers.CacheControl = "public, max-age=60";
        return Answer.Ok(Describe(config, authority.HostAuthorityLines([.. config.KnownHostPatterns()])), WellKnownJsonContext.Default.VendorConfiguration);
    }

    internal static VendorConfiguration Describe(ApiConfig config, IReadOnlyList<string> hostKeys) => new()
    {
        Service = new ServiceSection { Name = config.Name, ConsoleUrl = config.BaseUrl },
        Api = new ApiSection
        {
            BaseUrl = config.BaseUrl,
            AuthUrl = config.BaseUrl,
            Oauth2ClientId = config.OAuthClientId,
            Organizations = true,
            CentralizedPermissions = true,
        },
        Ssh = new SshSection
        {
            DomainWildcards = [$"*.{config.Domain}"],
            HostKeys = hostKeys,
            Options = config.SshClientOptions,
        },
        Detection = new DetectionSection
        {
            GitRemoteName = "postern",
            GitDomain = config.Domain,
            SiteDomains = [config.Domain],
        },
    };
}

using System.Net;
using System.Text.Json;
using Postern.Api.Tests.Testing;

namespace Postern.Api.Tests.Vendor;

public class VendorEndpointTests(ApiHost host) : IClassFixture<ApiHost>
{
    [Fact]
    public async Task VendorConfiguration_NeedsNoToken_AndHasWhatTheCliNeeds()
    {
        var (status, body) = await host.TryGetAsync(null, "/.well-known/postern");
        Assert.Equal(HttpStatusCode.OK, status);
        var vendor = JsonDocument.Parse(body).RootElement;
        var api = vendor.GetProperty("api");
        Assert.Equal("https://postern.test", api.GetProperty("base_url").GetString());
        Assert.Equal("postern-cli", api.GetProperty("oauth2_client_id").GetString());
        Assert.True(api.GetProperty("centralized_permissions").GetBoolean());
        var ssh = vendor.GetProperty("ssh");
        Assert.Equal("*.postern.test", ssh.GetProperty("domain_wildcards")[0].GetString());
        Assert.Equal("HostName 127.0.0.1", ssh.GetProperty("options")[0].GetString());
        Assert.StartsWith(
            "@cert-authority [*.postern.test]:2222,[127.0.0.1]:2222 ssh-ed25519 AAAA", ssh.GetProperty("host_keys")[0].GetString(), StringComparison.Ordinal);
        Assert.Equal("postern.test", vendor.GetProperty("detection").GetProperty("git_domain").GetString());
    }

    [Fact]
    public async Task Regions_AreInAnObject()
    {
        foreach (var path in new[] { "/regions", "/platform/regions" })
        {
            Assert.Equal("local", (await host.GetAsync("viewer", path)).GetProperty("regions")[0].GetProperty("id").GetString());
        }
    }

    [Fact]
    public async Task UnknownUrl_HasABodyThatClientsCanParse()
    {
        var (status, body) = await host.TryGetAsync(null, "/api/platform/regions");
        Assert.Equal(HttpStatusCode.NotFound, status);
        Assert.Equal(404, JsonDocument.Parse(body).RootElement.GetProperty("status").GetInt32());
    }

    [Fact]
    public void KnownHosts_WithRealNamesAndPort22_NeedNoBrackets()
    {
        var config = new ApiConfig(new ApiOptions { PublicUrl = "https://example.com", Domain = "example.com" });
        Assert.Equal(["*.example.com"], config.KnownHostPatterns());
    }

    [Theory]
    [InlineData("", "x", 1)]
    [InlineData("ftp://x", "x", 1)]
    [InlineData("not a url", "a b", 2)]
    public void Options_ThatAreFaulty_AreAllNamed(string url, string domain, int faults) =>
        Assert.Equal(faults, new ApiOptions { PublicUrl = url, Domain = domain }.FindFaults().Count);
}

using System.Text.Json;
using System.Text.Json.Nodes;
using Postern.Contracts.Api;
using Postern.Contracts.OAuth;
using Postern.Contracts.WellKnown;

namespace Postern.Cli.Tests.Contracts;

public class ContractJsonTests
{
    [Fact]
    public void Names_AreThoseOfTheContract()
    {
        var user = JsonSerializer.SerializeToNode(new UserProfile { Id = "u", MfaEnabled = true }, ApiJsonContext.Default.UserProfile)!;
        Assert.True((bool)user["mfa_enabled"]!);
        Assert.True(user.AsObject().ContainsKey("phone_number_verified"));
        var key = JsonSerializer.SerializeToNode(new SshKey { KeyId = 5, FingerprintSha256 = "SHA256:x" }, ApiJsonContext.Default.SshKey)!;
        Assert.Equal(5, (long)key["key_id"]!);
        Assert.Equal("SHA256:x", key["fingerprint_sha256"]!.ToString());
        var token = JsonSerializer.SerializeToNode(new TokenResponse { AccessToken = "a", ExpiresIn = 900 }, OAuthJsonContext.Default.TokenResponse)!.AsObject();
        Assert.Equal(["access_token", "token_type", "expires_in"], token.Select(p => p.Key));
        var vendor = JsonSerializer.SerializeToNode(
            new VendorConfiguration { Api = new ApiSection { Oauth2ClientId = "c", Oauth2TokenUrl = "t" } }, WellKnownJsonContext.Default.VendorConfiguration)!;
        Assert.Equal("c", vendor["api"]!["oauth2_client_id"]!.ToString());
        Assert.Equal("t", vendor["api"]!["oauth2_token_url"]!.ToString());
        Assert.Equal(["service", "api", "ssh", "detection"], vendor.AsObject().Select(p => p.Key));
    }

    [Fact]
    public void Links_KeepObjectsAndArraysApart()
    {
        var links = new HalLinks();
        links.Add("self", "/x");
        links.AddArray("pf:routes", []);
        var node = JsonSerializer.SerializeToNode(new Project { Id = "p", Links = links }, ApiJsonContext.Default.Project)!;
        Assert.Equal("""{"self":{"href":"/x"},"pf:routes":[]}""", node["_links"]!.ToJsonString());
        var back = node.Deserialize(ApiJsonContext.Default.Project)!;
        Assert.True(back.Links.TryGetHref("self", out var href));
        Assert.Equal("/x", href);
        Assert.False(back.Links.TryGetHref("pf:routes", out _));
    }

    [Theory]
    [InlineData("""{"_links":[]}""")]
    [InlineData("""{"_links":{"self":null,"a":5,"b":{"href":7},"c":[1,{"x":1}]}}""")]
    [InlineData("""{}""")]
    public void OddLinks_AreNoLinks(string json)
    {
        var project = JsonSerializer.Deserialize(json, ApiJsonContext.Default.Project)!;
        Assert.False(project.Links.TryGetHref("self", out _));
    }

    [Fact]
    public void EmptyDeployment_HasObjectsForItsMaps()
    {
        var node = JsonSerializer.SerializeToNode(new Deployment(), ApiJsonContext.Default.Deployment)!;
        foreach (var name in new[] { "webapps", "workers", "services", "routes" })
        {
            Assert.IsType<JsonObject>(node[name]);
        }
    }
}

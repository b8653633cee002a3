using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Postern.Directory.Organizations;
using Postern.Directory.SingleSignOn;
using Postern.Login.Accounts;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.SingleSignOn;

/// <summary>Where a provider is required, nothing else opens an account of its domain.</summary>
public sealed class SsoEnforcementTests : IAsyncLifetime
{
    private LoginServer _server = null!;
    private TestProvider _provider = null!;
    private Organization _acme = null!;

    public async Task InitializeAsync()
    {
        _server = await LoginServer.StartAsync(SsoCalls.Options);
        _provider = await TestProvider.StartAsync(_server.Clock);
        _acme = await _server.AddProviderAsync(_provider);
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _provider.DisposeAsync();
    }

    [Theory]
    [InlineData(LoginServer.Email, LoginServer.Password)]
    [InlineData(LoginServer.Email, "a wrong password indeed")]
    [InlineData("nobody@example.com", "a wrong password indeed")]
    public async Task Password_LeadsToTheProvider_RightOrWrong_WithOrWithoutAnAccount(string email, string password)
    {
        await _server.EnforceAsync();
        var browser = _server.Browser();
        var response = await browser.SignInAsync(email, password);
        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
        Assert.Equal($"/login/sso/acme?return_url=%2Faccount&email={email}", response.Headers.Location!.ToString());
        Assert.False(await browser.IsSignedInAsync());
    }

    [Fact]
    public async Task WhatWasOpenBefore_IsRefusedWithTheStepUp()
    {
        var browser = _server.Browser();
        await browser.SignInAsync();
        var tokens = await _server.LogInAsync();
        Assert.Equal(HttpStatusCode.OK, (await _server.WhoAmIAsync(tokens.Text("access_token"))).StatusCode);
        await _server.EnforceAsync();

        Assert.False(await browser.IsSignedInAsync());
        var refused = await _server.WhoAmIAsync(tokens.Text("access_token"));
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        var header = refused.Headers.WwwAuthenticate.ToString();
        Assert.Contains("error=\"insufficient_user_authentication\"", header, StringComparison.Ordinal);
        Assert.Contains("amr=\"sso:acme\"", header, StringComparison.Ordinal);
        Assert.Equal("""["sso:acme"]""", (await refused.JsonAsync())["amr"]!.ToJsonString());

        await _server.EnforceAsync(isEnforced: false);
        Assert.Equal(HttpStatusCode.OK, (await _server.WhoAmIAsync(tokens.Text("access_token"))).StatusCode);
    }

    [Fact]
    public async Task SessionsOfAnotherProvider_AreNotEnough()
    {
        await using var other = await TestProvider.StartAsync(_server.Clock);
        await _server.AddProviderAsync(other, "other", "other.example");
        var tokens = await _server.LogInAtAsync(_provider);
        await using (var context = await _server.Contexts.CreateDbContextAsync())
        {
            // The operator gives the domain to another organization, and with it the people.
            var domain = await context.SsoDomains.SingleAsync(d => d.Domain == "example.com");
            var provider = await context.IdentityProviders.SingleAsync(p => p.Name == "other");
            (domain.OrganizationId, domain.ProviderId) = (provider.OrganizationId, provider.Id);
            await context.SaveChangesAsync();
        }

        await _server.EnforceAsync("other");
        var refused = await _server.WhoAmIAsync(tokens.Text("access_token"));
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Contains("amr=\"sso:other\"", refused.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);

        // And the former provider opens the account no more, though it is linked there.
        var response = await _server.Browser().SignInAtAsync(_provider);
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }

    [Fact]
    public async Task ExemptPeople_KeepTheirPassword()
    {
        await _server.EnforceAsync();
        Assert.Equal(
            MembershipVerdict.Allowed,
            await SsoCalls.Providers(_server).ExemptAsync(new OrganizationActor(_server.User.Id, false, null), _acme.Id, _server.User.Id, true, CancellationToken.None));
        var browser = _server.Browser();
        Assert.Equal("/account", (await browser.SignInAsync()).Headers.Location!.ToString());
        Assert.True(await browser.IsSignedInAsync());
    }

    [Fact]
    public async Task Subdomains_AndOtherDomains_AreNotCaptured()
    {
        await _server.EnforceAsync();
        foreach (var email in new[] { "eve@sub.example.com", "eve@notexample.com", "eve@example.com.evil.example" })
        {
            await _server.CreateUserAsync(email, "another long password");
            var response = await _server.Browser().SignInAsync(email, "another long password");
            Assert.Equal("/account", response.Headers.Location!.ToString());
        }
    }

    [Fact]
    public async Task Machines_AreExempt()
    {
        var machines = _server.Services.GetRequiredService<MachineUsers>();
        var (machine, _) = await machines.CreateAsync(new OrganizationActor(_server.User.Id, false, null), _acme.Id, "deploy", CancellationToken.None);
        var made = await _server.Services.GetRequiredService<ApiTokenService>().CreateAsync(
            new NewApiToken { UserId = machine!.Id, Name = "t", Actor = _server.User.Id.ToString() }, CancellationToken.None);
        var own = await _server.Services.GetRequiredService<ApiTokenService>().CreateAsync(
            new NewApiToken { UserId = _server.User.Id, Name = "t", Actor = _server.User.Id.ToString() }, CancellationToken.None);
        await _server.EnforceAsync();

        var ofMachine = await (await _server.TokenAsync(("grant_type", "api_token"), ("client_id", "postern-cli"), ("api_token", made.Secret))).JsonAsync();
        Assert.Equal(HttpStatusCode.OK, (await _server.WhoAmIAsync(ofMachine.Text("access_token"))).StatusCode);

        var ofPerson = await (await _server.TokenAsync(("grant_type", "api_token"), ("client_id", "postern-cli"), ("api_token", own.Secret))).JsonAsync();
        var refused = await _server.WhoAmIAsync(ofPerson.Text("access_token"));
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Contains("machine user", (await refused.JsonAsync()).Text("error_description"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Enforcement_WaitsForSomebodyWhoCameFromThere()
    {
        Assert.Equal(MembershipVerdict.NeverUsed, await SsoCalls.Providers(_server).EnforceAsync(null, _acme.Id, "acme", true, CancellationToken.None));
        await _server.Browser().SignInAtAsync(_provider);
        Assert.Equal(MembershipVerdict.Allowed, await SsoCalls.Providers(_server).EnforceAsync(null, _acme.Id, "acme", true, CancellationToken.None));
        Assert.Equal(
            MembershipVerdict.Enforced,
            await SsoCalls.Providers(_server).UpdateAsync(
                null, _acme.Id, "acme",
                new ProviderChange { Label = "Acme", Issuer = "https://elsewhere.example", ClientId = TestProvider.ClientId, Domains = ["example.com"] },
                CancellationToken.None));
    }

    [Fact]
    public async Task DomainOfAnother_CannotBeClaimed()
    {
        var other = await _server.AddOrganizationAsync(_server.User.Id, "other", "Other");
        var change = new ProviderChange { Label = "Evil", Issuer = _provider.Issuer, ClientId = "c", Secret = "s", Domains = ["example.com"] };
        Assert.Equal(MembershipVerdict.DomainNotAssigned, await SsoCalls.Providers(_server).AddAsync(null, other.Id, "evil", change, CancellationToken.None));
        Assert.Equal(MembershipVerdict.NameTaken, await SsoCalls.Providers(_server).AddAsync(null, other.Id, "acme", change with { Domains = [] }, CancellationToken.None));
        Assert.NotNull(await _server.Services.GetRequiredService<SsoDomains>().AssignAsync("example.com", "other", CancellationToken.None));
    }
}

using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Postern.Directory.Organizations;
using Postern.Login.Accounts;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.Accounts;

/// <summary>The first account of a server is its operator's, never a stranger's.</summary>
[Collection(DatabaseCollection.Name)]
public sealed class FirstRunTests(PostgreSqlServer postgreSql) : IAsyncLifetime
{
    private LoginServer _server = null!;

    public async Task InitializeAsync() => _server = await LoginServer.StartEmptyAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Code_MakesTheFirstAccountWhichOwnsAnOrganization()
    {
        var code = await IssueAsync(_server);
        var browser = _server.Browser();
        Assert.Equal("/setup", (await browser.GetAsync("/")).Headers.Location!.OriginalString);
        var response = await SubmitAsync(browser, code.ToUpperInvariant().Replace('-', ' '));
        Assert.Equal("/account", response.Headers.Location!.OriginalString);
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/account")).StatusCode);
        var organization = await _server.QueryAsync(c => c.Organizations.SingleAsync());
        var member = await _server.QueryAsync(c => c.OrganizationMembers.SingleAsync());
        Assert.Equal(("acme-sons", "Acme & Sons"), (organization.Name, organization.Label));
        Assert.Equal((organization.OwnerId, OrganizationRole.Owner), (member.UserId, member.Role));
        Assert.Empty(await _server.QueryAsync(c => c.SetupCodes.ToListAsync()));
        Assert.True((await _server.QueryAsync(c => c.Users.SingleAsync())).EmailConfirmed); // No mail could prove it.

        // It is over for everybody, with the same code too.
        Assert.Equal("/", (await _server.Browser().GetAsync("/setup")).Headers.Location!.OriginalString);
        Assert.Equal("/", (await _server.Browser().PostAsync("/setup", ("setup_code", code))).Headers.Location!.OriginalString);
        Assert.Null(await _server.Services.GetRequiredService<FirstRun>().IssueCodeAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Code_IsStoredAsAHash()
    {
        var code = await IssueAsync(_server);
        var stored = await _server.QueryAsync(c => c.SetupCodes.SingleAsync());
        Assert.Equal(64, stored.CodeHash.Length);
        Assert.DoesNotContain(code.Replace("-", "", StringComparison.Ordinal), stored.CodeHash, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("aaaa-bbbb-cccc-dddd-eeee")]
    [InlineData("%00")]
    public async Task WrongCode_SaysNothingElse(string code)
    {
        await IssueAsync(_server);
        var response = await SubmitAsync(_server.Browser(), code, email: "no address", password: "short");
        var page = await response.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Contains("setup code is not right", page, StringComparison.Ordinal);
        Assert.DoesNotContain("at least 12 characters.</", page, StringComparison.Ordinal);
        Assert.Empty(await _server.QueryAsync(c => c.Users.ToListAsync()));
    }

    [Fact]
    public async Task Code_Expires()
    {
        var code = await IssueAsync(_server);
        _server.Clock.Advance(FirstRun.CodeLifetime);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await SubmitAsync(_server.Browser(), code)).StatusCode);
    }

    [Fact]
    public async Task WrongCodes_AreCounted()
    {
        await IssueAsync(_server);
        for (var i = 0; i < LoginLimits.SetupAttempts; i++)
        {
            Assert.Equal(HttpStatusCode.UnprocessableEntity, (await SubmitAsync(_server.Browser(), "wrong")).StatusCode);
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, (await SubmitAsync(_server.Browser(), "wrong")).StatusCode);
    }

    [Fact]
    public async Task AllFaults_AreShownAtOnceAndTheCodeStaysGood()
    {
        var code = await IssueAsync(_server);
        var response = await SubmitAsync(_server.Browser(), code, email: "nobody", password: "short", organization: " ");
        var page = await response.Content.ReadAsStringAsync();
        Assert.Contains("The e-mail address is not one.", page, StringComparison.Ordinal);
        Assert.Contains("The organization needs a name", page, StringComparison.Ordinal);
        Assert.Contains("The password must have at least 12 characters.", page, StringComparison.Ordinal);
        Assert.Equal("/account", (await SubmitAsync(_server.Browser(), code)).Headers.Location!.OriginalString);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task SeveralAtOnce_YieldOneWinner(string provider)
    {
        await using var server = await LoginServer.StartAsync(provider, postgreSql, isEmpty: true);
        var firstRun = server.Services.GetRequiredService<FirstRun>();
        string[] codes = [await IssueAsync(server), await IssueAsync(server), await IssueAsync(server)];
        var results = await Task.WhenAll(codes.Concat(codes).Select((code, i) => Task.Run(() => firstRun.CreateAsync(
            new($"{code}", $"person{i}@example.com", "", "", LoginServer.Password, $"Org {i}"), null, CancellationToken.None))));
        var winner = Assert.Single(results, result => result.IsDone);
        Assert.Equal(winner.User!.Id, (await server.QueryAsync(c => c.Users.SingleAsync())).Id);
        Assert.Equal(winner.User.Id, (await server.QueryAsync(c => c.Organizations.SingleAsync())).OwnerId);
    }

    [Fact]
    public async Task AccountMadeByTheOperator_EndsTheFirstRunToo()
    {
        var code = await IssueAsync(_server);
        await _server.CreateUserAsync("grace@example.com", LoginServer.Password);
        Assert.Equal("/", (await _server.Browser().PostAsync("/setup", ("setup_code", code))).Headers.Location!.OriginalString);
        var result = await _server.Services.GetRequiredService<FirstRun>().CreateAsync(
            new(code, "mallory@example.com", "", "", LoginServer.Password, "Mallory"), null, CancellationToken.None);
        Assert.False(result.IsDone);
    }

    private static async Task<string> IssueAsync(LoginServer server) =>
        (await server.Services.GetRequiredService<FirstRun>().IssueCodeAsync(CancellationToken.None))!;

    private static Task<HttpResponseMessage> SubmitAsync(
        Browser browser, string code, string email = "grace@example.com", string password = LoginServer.Password, string organization = "Acme & Sons") =>
        browser.SubmitAsync(
            "/setup", "/setup", ("setup_code", code), ("email", email), ("first_name", "Grace"), ("last_name", "Hopper"),
            ("new_password", password), ("organization", organization));
}

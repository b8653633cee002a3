using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Postern.Directory.Organizations;
using Postern.Directory.Sessions;
using Postern.Login.Accounts;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.Accounts;

/// <summary>Accounts end, for a while or for good, and take everything that was opened with them along.</summary>
[Collection(DatabaseCollection.Name)]
public sealed class AccountClosingTests(PostgreSqlServer postgreSql)
{
    [Theory]
    [InlineData("sqlite", false)]
    [InlineData("sqlite", true)]
    [InlineData("postgresql", false)]
    [InlineData("postgresql", true)]
    public async Task TwoOwnersWhoGoAtOnce_LeaveOne(string provider, bool forGood)
    {
        await using var server = await LoginServer.StartAsync(provider, postgreSql);
        var grace = await server.CreateUserAsync("grace@example.com", LoginServer.Password);
        var organization = await server.AddOrganizationAsync(server.User.Id);
        await server.AddMemberAsync(organization.Id, grace.Id, OrganizationRole.Owner);
        var closing = server.Services.GetRequiredService<AccountClosing>();

        // Both begin while somebody else changes the organization, and go on together.
        Task<AccountResult>[] going;
        await using (var context = await server.Contexts.CreateDbContextAsync())
        {
            await using var transaction = await context.Database.BeginTransactionAsync();
            await OrganizationTurn.TakeAsync(context, organization.Id, CancellationToken.None);
            going = [.. new[] { server.User, grace }.Select(user => Task.Run(() => forGood
                ? closing.DeleteAsync(user, "test", CancellationToken.None)
                : closing.DeactivateAsync(user, CancellationToken.None)))];
            await transaction.CommitAsync();
        }

        var results = await Task.WhenAll(going);
        Assert.Single(results, result => result.IsDone);
        Assert.Contains("only owner of Acme", Assert.Single(results.Single(result => !result.IsDone).Faults), StringComparison.Ordinal);
        var owner = await server.QueryAsync(c => c.Users.SingleAsync(u => !u.IsDisabled));
        Assert.True(await server.QueryAsync(c => c.OrganizationMembers.AnyAsync(m => m.UserId == owner.Id && m.Role == OrganizationRole.Owner)));
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task Deletion_RemovesWhatIsThePersonsAndKeepsTheTrail(string provider)
    {
        await using var server = await LoginServer.StartAsync(provider, postgreSql);
        var tokens = await server.LogInAsync();
        var secret = (await server.Services.GetRequiredService<ApiTokenService>().CreateAsync(new NewApiToken { UserId = server.User.Id, Name = "ci", Actor = "test" }, CancellationToken.None)).Secret;
        Assert.Equal(HttpStatusCode.OK, (await server.TokenAsync(("grant_type", "api_token"), ("api_token", secret), ("client_id", "postern-cli"))).StatusCode);
        var grace = await server.CreateUserAsync("grace@example.com", LoginServer.Password);
        var organization = await server.AddOrganizationAsync(grace.Id);
        await server.AddMemberAsync(organization.Id, server.User.Id, OrganizationRole.Admin);
        var before = await server.QueryAsync(c => c.Changes.MaxAsync(change => change.Id));

        var browser = server.Browser();
        await browser.SignInAsync();
        Assert.Equal("/?signed_out=1", (await CloseAsync(browser, LoginServer.Password, "delete")).Headers.Location!.OriginalString);

        Assert.Equal(HttpStatusCode.Unauthorized, (await server.WhoAmIAsync(tokens.Text("access_token"))).StatusCode);
        Assert.NotEqual(HttpStatusCode.OK, (await server.RefreshAsync(tokens.Text("refresh_token"))).StatusCode);
        Assert.NotEqual(HttpStatusCode.OK, (await server.TokenAsync(("grant_type", "api_token"), ("api_token", secret), ("client_id", "postern-cli"))).StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await server.Browser().SignInAsync()).StatusCode);
        Assert.Equal([grace.Id], await server.QueryAsync(c => c.Users.Select(u => u.Id).ToListAsync()));
        Assert.Equal([grace.Id], await server.QueryAsync(c => c.OrganizationMembers.Select(m => m.UserId).ToListAsync()));
        Assert.False(await server.QueryAsync(c => c.Set<Session>().AnyAsync(s => s.UserId == server.User.Id)));
        Assert.True(await server.QueryAsync(c => c.Changes.MaxAsync(change => change.Id)) > before); // Gateways hear of it.
        var trail = await server.QueryAsync(c => c.AuditEvents.SingleAsync(e => e.Action == "account.deleted"));
        Assert.Equal((server.User.Id.ToString(), LoginServer.Email), (trail.Subject, trail.Detail));

        // The address is free again, for an account that has nothing of the old one.
        Assert.NotEqual(server.User.Id, (await server.CreateUserAsync(LoginServer.Email, LoginServer.Password)).Id);
    }

    [Fact]
    public async Task Deactivation_EndsEverythingUntilTheOperatorEnables()
    {
        await using var server = await LoginServer.StartAsync();
        var tokens = await server.LogInAsync();
        var browser = server.Browser();
        await browser.SignInAsync();
        Assert.Equal("/?signed_out=1", (await CloseAsync(browser, LoginServer.Password, "deactivate")).Headers.Location!.OriginalString);
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.WhoAmIAsync(tokens.Text("access_token"))).StatusCode);
        Assert.Contains("disabled", await (await server.Browser().SignInAsync()).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await server.WithAccountsAsync(a => a.SetDisabledAsync(LoginServer.Email, false, CancellationToken.None));
        Assert.Equal(HttpStatusCode.SeeOther, (await server.Browser().SignInAsync()).StatusCode);
    }

    [Theory]
    [InlineData("wrong password here", "delete", "The password is not right.")]
    [InlineData("", "delete", "The password is not right.")]
    [InlineData(LoginServer.Password, "explode", "Choose one of the two.")]
    public async Task WrongPasswordOrWish_ClosesNothing(string password, string decision, string text)
    {
        await using var server = await LoginServer.StartAsync();
        var browser = server.Browser();
        await browser.SignInAsync();
        var response = await CloseAsync(browser, password, decision);
        Assert.Contains(text, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.False((await server.QueryAsync(c => c.Users.SingleAsync())).IsDisabled);
    }

    [Fact]
    public async Task AccountWithoutAPassword_IsClosedByItsPasskey()
    {
        await using var server = await LoginServer.StartAsync();
        var browser = await server.SignedInAsync();
        using var key = new SoftwareAuthenticator { Counter = 0 };
        await browser.AddPasskeyAsync(key);
        await server.QueryAsync(c => c.Users.ExecuteUpdateAsync(row => row.SetProperty(u => u.PasswordHash, (string?)null)));
        server.Clock.Advance(TimeSpan.FromMinutes(6));
        const string confirm = "/login/confirm?return_url=%2Faccount%2Fclose";
        Assert.Equal(confirm, (await browser.GetAsync("/account/close")).Headers.Location!.OriginalString);
        Assert.Equal(confirm, (await browser.SubmitAsync("/account/ssh-keys", "/account/close", ("decision", "delete"))).Headers.Location!.OriginalString);
        Assert.Equal(1, await server.QueryAsync(c => c.Users.CountAsync()));

        var page = await browser.PageAsync(confirm);
        var proved = await browser.PostFormAsync(page, "/login/confirm", ("method", "passkey"), ("credential", key.Assert(FactorCalls.PasskeyOptions(page))));
        Assert.Equal("/account/close", proved.Headers.Location!.OriginalString);
        Assert.DoesNotContain("present_password", await browser.PageAsync("/account/close"), StringComparison.Ordinal);
        Assert.Equal("/?signed_out=1", (await browser.SubmitAsync("/account/close", "/account/close", ("decision", "delete"))).Headers.Location!.OriginalString);
        Assert.Equal(0, await server.QueryAsync(c => c.Users.CountAsync()));
    }

    [Fact]
    public async Task Guesses_AreCountedLikeSignInsAndToldWhenToComeAgain()
    {
        await using var server = await LoginServer.StartAsync();
        var browser = server.Browser();
        await browser.SignInAsync();
        HttpResponseMessage response = null!;
        for (var i = 0; i < 11; i++)
        {
            response = await CloseAsync(browser, $"guess {i} of it", "delete");
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.Equal(TimeSpan.FromMinutes(15), response.Headers.RetryAfter!.Delta);
        Assert.Contains("Too many attempts. Try again in 15 minutes.", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await CloseAsync(browser, LoginServer.Password, "delete")).StatusCode);
        Assert.Equal(1, await server.QueryAsync(c => c.Users.CountAsync()));
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task OnlyOwner_HandsOverFirst(string provider)
    {
        await using var server = await LoginServer.StartAsync(provider, postgreSql);
        var organization = await server.AddOrganizationAsync(server.User.Id);
        var browser = server.Browser();
        await browser.SignInAsync();
        Assert.Contains("only owner of <strong>Acme</strong>", await (await browser.GetAsync("/account/close")).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await browser.SubmitAsync("/login", "/account/close", ("present_password", LoginServer.Password), ("decision", "delete"))).StatusCode);
        Assert.Contains("only owner of Acme", Assert.Single((await server.WithAccountsAsync(a => a.DeleteAsync(LoginServer.Email, CancellationToken.None))).Faults), StringComparison.Ordinal);

        // An owner who is disabled owns nothing that counts.
        var grace = await server.CreateUserAsync("grace@example.com", LoginServer.Password);
        await server.AddMemberAsync(organization.Id, grace.Id, OrganizationRole.Owner);
        await server.WithAccountsAsync(a => a.SetDisabledAsync("grace@example.com", true, CancellationToken.None));
        Assert.False((await server.WithAccountsAsync(a => a.DeleteAsync(LoginServer.Email, CancellationToken.None))).IsDone);

        await server.WithAccountsAsync(a => a.SetDisabledAsync("grace@example.com", false, CancellationToken.None));
        Assert.True((await server.WithAccountsAsync(a => a.DeleteAsync(LoginServer.Email, CancellationToken.None))).IsDone);
        Assert.Equal(grace.Id, (await server.QueryAsync(c => c.Organizations.SingleAsync())).OwnerId);
    }

    private static Task<HttpResponseMessage> CloseAsync(Browser browser, string password, string decision) =>
        browser.SubmitAsync("/account/close", "/account/close", ("present_password", password), ("decision", decision));
}

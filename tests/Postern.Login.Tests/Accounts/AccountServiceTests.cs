using System.Net;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Postern.Directory.Organizations;
using Postern.Directory.People;
using Postern.Login.Accounts;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.Accounts;

/// <summary>What operators do with accounts.</summary>
public sealed class AccountServiceTests : IAsyncLifetime
{
    private LoginServer _server = null!;

    public async Task InitializeAsync() => _server = await LoginServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task NewAccount_CanSignInAndItsPasswordIsHashed()
    {
        var password = AccountService.GeneratePassword();
        var user = await _server.CreateUserAsync("grace@example.com", password);
        Assert.Equal("Ada Lovelace", user.DisplayName);
        Assert.Equal(HttpStatusCode.SeeOther, (await _server.Browser().SignInAsync("grace@example.com", password)).StatusCode);
        var hash = await _server.QueryAsync(c => c.Users.Where(u => u.Id == user.Id).Select(u => u.PasswordHash).SingleAsync());
        Assert.DoesNotContain(password, hash, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ada@example.com", "long enough password", "already")]
    [InlineData("ADA@EXAMPLE.COM", "long enough password", "already")]
    [InlineData("", "long enough password", "not an e-mail address")]
    [InlineData("grace", "long enough password", "not an e-mail address")]
    [InlineData("grace@", "long enough password", "not an e-mail address")]
    [InlineData("Grace <grace@example.com>", "long enough password", "not an e-mail address")]
    [InlineData("gra ce@example.com", "long enough password", "not an e-mail address")]
    [InlineData("grace@example.com\nx", "long enough password", "not an e-mail address")]
    [InlineData("grace@example.com", "short", "at least 12 characters")]
    public async Task BadAccount_IsRefusedWithAReason(string email, string password, string reason)
    {
        var result = await _server.WithAccountsAsync(a => a.CreateAsync(new(email, "", "", password)));
        Assert.False(result.IsDone);
        Assert.Contains(reason, Assert.Single(result.Faults), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatOperatorsDo_IsInTheAuditTrail()
    {
        await _server.WithAccountsAsync(a => a.SetDisabledAsync(LoginServer.Email, true, CancellationToken.None));
        await _server.WithAccountsAsync(a => a.SetDisabledAsync(LoginServer.Email, false, CancellationToken.None));
        await _server.WithAccountsAsync(a => a.SetPasswordAsync(LoginServer.Email, "short", confirms: false, CancellationToken.None));
        await _server.WithAccountsAsync(a => a.SetPasswordAsync(LoginServer.Email, "tramway otter violin", confirms: false, CancellationToken.None));
        await _server.WithAccountsAsync(a => a.CreateAsync(new(LoginServer.Email, "", "", LoginServer.Password)));
        await _server.WithAccountsAsync(a => a.DeleteAsync(LoginServer.Email, CancellationToken.None));
        var events = await _server.QueryAsync(c => c.AuditEvents.OrderBy(e => e.Id).ToListAsync());
        Assert.Equal(
            [
                ("postern-server user add", "account.created"), ("postern-server user disable", "account.disabled"),
                ("postern-server user enable", "account.enabled"), ("postern-server user set-password", "password.set"),
                ("postern-server user delete", "account.deleted"),
            ],
            events.Select(e => (e.Actor, e.Action)));
        Assert.All(events, e => Assert.Equal((_server.User.Id.ToString(), LoginServer.Email), (e.Subject, e.Detail)));
    }

    [Fact]
    public async Task AllFaults_AreReportedAtOnce() =>
        Assert.Equal(2, (await _server.WithAccountsAsync(a => a.CreateAsync(new("x", "", "", "y")))).Faults.Count);

    [Fact]
    public async Task NewPassword_ReplacesTheOldOneUnlocksAndEndsAllSessions()
    {
        var tokens = await _server.LogInAsync();
        var browser = _server.Browser();
        await browser.SignInAsync();
        for (var i = 0; i < 10; i++)
        {
            await _server.Browser().SignInAsync(LoginServer.Email, "wrong password");
        }

        Assert.True((await _server.WithAccountsAsync(a => a.SetPasswordAsync(LoginServer.Email, "a brand new password", confirms: false, CancellationToken.None))).IsDone);
        Assert.Equal(HttpStatusCode.Unauthorized, (await _server.WhoAmIAsync(tokens.Text("access_token"))).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await browser.GetAsync("/account")).StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await _server.Browser().SignInAsync()).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await _server.Browser().SignInAsync(LoginServer.Email, "a brand new password")).StatusCode);
    }

    [Fact]
    public async Task DisablingAndEnabling_EndsSessionsAndLetsBackIn()
    {
        var tokens = await _server.LogInAsync();
        Assert.True((await _server.WithAccountsAsync(a => a.SetDisabledAsync(LoginServer.Email, true, CancellationToken.None))).IsDone);
        Assert.Equal(HttpStatusCode.Unauthorized, (await _server.WhoAmIAsync(tokens.Text("access_token"))).StatusCode);
        await _server.WithAccountsAsync(a => a.SetDisabledAsync(LoginServer.Email, false, CancellationToken.None));
        Assert.Equal(HttpStatusCode.Unauthorized, (await _server.WhoAmIAsync(tokens.Text("access_token"))).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await _server.Browser().SignInAsync()).StatusCode);
    }

    [Fact]
    public async Task UnknownAccount_IsSaidToBeUnknown()
    {
        var result = await _server.WithAccountsAsync(a => a.SetDisabledAsync("nobody@example.com", true, CancellationToken.None));
        Assert.Contains("There is no account for 'nobody@example.com'", Assert.Single(result.Faults), StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_IsSortedByAddress()
    {
        await _server.CreateUserAsync("aaron@example.com", "long enough password");
        await using var scope = _server.Services.CreateAsyncScope();
        var users = await scope.ServiceProvider.GetRequiredService<AccountService>().ListAsync(CancellationToken.None);
        Assert.Equal(["aaron@example.com", LoginServer.Email], users.Select(u => u.Email));
    }

    // A token of CI leaks at night, and no administrator of its organization is awake.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task MachineUser_IsTheOperatorsToStop(bool byId)
    {
        var organization = await _server.AddOrganizationAsync(_server.User.Id);
        var (machine, _) = await _server.Services.GetRequiredService<MachineUsers>().CreateAsync(
            new OrganizationActor(_server.User.Id, HasMfa: false, null), organization.Id, "ci", CancellationToken.None);
        var name = byId ? machine!.Id.ToString() : " Machine:ci@acme";
        var tokens = _server.Services.GetRequiredService<ApiTokenService>();
        var created = await tokens.CreateAsync(new NewApiToken { UserId = machine!.Id, Name = "ci", Actor = "test" }, CancellationToken.None);
        var access = (await (await _server.TokenAsync(("grant_type", "api_token"), ("api_token", created.Secret), ("client_id", "postern-cli"))).JsonAsync()).Text("access_token");
        Assert.Equal(HttpStatusCode.OK, (await _server.WhoAmIAsync(access)).StatusCode);

        Assert.True((await _server.WithAccountsAsync(a => a.SetDisabledAsync(name, true, CancellationToken.None))).IsDone);
        Assert.Equal(HttpStatusCode.Unauthorized, (await _server.WhoAmIAsync(access)).StatusCode);
        Assert.True((await _server.WithAccountsAsync(a => a.SetDisabledAsync(name, false, CancellationToken.None))).IsDone);

        foreach (var text in new[] { created.Token.Id.ToString(), created.Secret, created.Token.Prefix, created.Token.Prefix + "..." })
        {
            Assert.Equal([created.Token.Id], (await tokens.FindAsync(text, CancellationToken.None)).Select(token => token.Id));
        }

        Assert.Empty(await tokens.FindAsync("pst_", CancellationToken.None));
        Assert.Empty(await tokens.FindAsync("", CancellationToken.None));
        Assert.Contains("no password", Assert.Single((await _server.WithAccountsAsync(a => a.SetPasswordAsync(name, "a brand new password", confirms: false, CancellationToken.None))).Faults), StringComparison.Ordinal);
        Assert.Contains("no address", Assert.Single((await _server.WithAccountsAsync(a => a.ConfirmAsync(name, keepsBelongings: true, CancellationToken.None))).Faults), StringComparison.Ordinal);

        Assert.True((await _server.WithAccountsAsync(a => a.DeleteAsync(name, CancellationToken.None))).IsDone);
        Assert.Equal(0, await _server.QueryAsync(c => c.MachineUsers.CountAsync()));
        Assert.Equal("machine:ci@acme", (await _server.QueryAsync(c => c.AuditEvents.SingleAsync(e => e.Action == "account.deleted"))).Detail);
    }

    [Fact]
    public async Task Confirmation_IsTheOperatorsWordAndInTheTrail()
    {
        await _server.QueryAsync(c => c.Users.ExecuteUpdateAsync(row => row.SetProperty(u => u.EmailConfirmed, false)));
        Assert.True((await _server.WithAccountsAsync(a => a.ConfirmAsync(LoginServer.Email, keepsBelongings: true, CancellationToken.None))).IsDone);
        Assert.True((await _server.QueryAsync(c => c.Users.SingleAsync())).EmailConfirmed);
        Assert.Equal(LoginServer.Email, (await _server.QueryAsync(c => c.AuditEvents.SingleAsync(e => e.Action == "account.confirmed"))).Detail);
        Assert.Contains("There is no account", Assert.Single((await _server.WithAccountsAsync(a => a.ConfirmAsync("nobody@example.com", keepsBelongings: true, CancellationToken.None))).Faults), StringComparison.Ordinal);
    }

    [Fact]
    public void GeneratedPasswords_AreLongAndDifferent()
    {
        var passwords = Enumerable.Range(0, 100).Select(_ => AccountService.GeneratePassword()).ToList();
        Assert.Equal(100, passwords.Distinct().Count());
        Assert.All(passwords, p => Assert.Matches("^([a-z2-9]{4}-){4}[a-z2-9]{4}$", p));
    }

    [Fact]
    public async Task OldHash_IsReplacedAtTheNextSignIn()
    {
        var old = new PasswordHasher<User>(Microsoft.Extensions.Options.Options.Create(new PasswordHasherOptions { IterationCount = 500 }))
            .HashPassword(_server.User, LoginServer.Password);
        await _server.QueryAsync(c => c.Users.ExecuteUpdateAsync(row => row.SetProperty(u => u.PasswordHash, old)));
        await _server.Browser().SignInAsync();
        Assert.NotEqual(old, await _server.QueryAsync(c => c.Users.Select(u => u.PasswordHash).SingleAsync()));
        Assert.Equal(HttpStatusCode.SeeOther, (await _server.Browser().SignInAsync()).StatusCode);
    }
}

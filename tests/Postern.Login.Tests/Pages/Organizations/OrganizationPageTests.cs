using System.Net;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.Organizations;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.Pages.Organizations;

/// <summary>The pages of an organization: who may do what there, and what others try.</summary>
public sealed class OrganizationPageTests : IAsyncLifetime
{
    private LoginServer _server = null!;
    private Company _company = null!;

    public async Task InitializeAsync()
    {
        _server = await LoginServer.StartAsync();
        _company = await Company.CreateAsync(_server);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Roles_AreChangedByWhoMay()
    {
        var owner = await _company.SignInAsync("ada");
        var response = await ChangeRoleAsync(owner, "member", "admin");
        Assert.Equal($"{_company.Page}?done=role", response.Headers.Location!.OriginalString);
        Assert.Equal(OrganizationRole.Admin, await _company.RoleAsync("member"));
        var record = await _server.QueryAsync(c => c.AuditEvents.SingleAsync(e => e.Action == "organization.role.changed"));
        Assert.Equal(_server.User.Id.ToString(), record.Actor);
    }

    [Theory]
    [InlineData("member", "member", "admin", HttpStatusCode.Forbidden)]
    [InlineData("member", "ada", "member", HttpStatusCode.Forbidden)]
    [InlineData("admin", "admin", "owner", HttpStatusCode.UnprocessableEntity)]
    [InlineData("admin", "ada", "member", HttpStatusCode.UnprocessableEntity)]
    [InlineData("ada", "ada", "member", HttpStatusCode.UnprocessableEntity)]
    [InlineData("ada", "member", "root", HttpStatusCode.UnprocessableEntity)]
    [InlineData("ada", "eve", "admin", HttpStatusCode.UnprocessableEntity)]
    [InlineData("eve", "eve", "owner", HttpStatusCode.NotFound)]
    [InlineData("dev", "dev", "owner", HttpStatusCode.NotFound)]
    public async Task Escalation_IsRefused(string actor, string target, string role, HttpStatusCode status)
    {
        var browser = await _company.SignInAsync(actor);
        Assert.Equal(status, (await ChangeRoleAsync(browser, target, role)).StatusCode);
        Assert.Equal(
            (OrganizationRole.Owner, OrganizationRole.Admin, OrganizationRole.Member, null),
            (await _company.RoleAsync("ada"), await _company.RoleAsync("admin"), await _company.RoleAsync("member"), await _company.RoleAsync("eve")));
    }

    [Fact]
    public async Task EveryAddress_OfAnotherOrganization_DoesNotExist()
    {
        var member = await _company.UserIdAsync("member");
        var machine = await NewMachineAsync();
        var eve = await _company.SignInAsync("eve", hasMfa: true);
        foreach (var path in new[] { "", "/security", "/security/require", "/machines", $"/machines/{machine}/tokens" })
        {
            Assert.Equal((path, HttpStatusCode.NotFound), (path, (await eve.GetAsync(_company.Page + path)).StatusCode));
        }

        foreach (var path in Forms(member, machine))
        {
            Assert.Equal((path, HttpStatusCode.NotFound), (path, (await PostAsync(eve, path, Everything)).StatusCode));
        }

        await AssertUntouchedAsync(machine);
    }

    [Fact]
    public async Task EveryForm_OfAnotherSite_IsRefused()
    {
        var member = await _company.UserIdAsync("member");
        var machine = await NewMachineAsync();
        var owner = await _company.SignInAsync("ada", hasMfa: true);
        foreach (var path in Forms(member, machine))
        {
            Assert.Equal((path, HttpStatusCode.BadRequest), (path, (await owner.PostAsync(_company.Page + path, Everything)).StatusCode));
        }

        await AssertUntouchedAsync(machine);
    }

    [Fact]
    public async Task PagesOfAdministrators_AreClosedToMembers()
    {
        var member = await _company.SignInAsync("member", hasMfa: true);
        Assert.Equal(HttpStatusCode.OK, (await member.GetAsync(_company.Page)).StatusCode);
        foreach (var path in new[] { "/security", "/security/require", "/machines", $"/machines/{Guid.NewGuid()}/tokens" })
        {
            Assert.Equal((path, HttpStatusCode.Forbidden), (path, (await member.GetAsync(_company.Page + path)).StatusCode));
        }

        foreach (var path in Forms(await _company.UserIdAsync("admin"), Guid.NewGuid()).Where(path => !path.EndsWith("/remove", StringComparison.Ordinal)))
        {
            Assert.Equal((path, HttpStatusCode.Forbidden), (path, (await PostAsync(member, path, Everything)).StatusCode));
        }

        await AssertUntouchedAsync(null);
    }

    [Fact]
    public async Task Enforcement_NeedsOnesOwnMfa_AndThenClosesThePagesToWhoHasNone()
    {
        var without = await _company.SignInAsync("admin");
        Assert.Contains("Only somebody who signed in with a second factor", await TextAsync(without, "/security"), StringComparison.Ordinal);
        Assert.NotEqual(HttpStatusCode.SeeOther, (await PostAsync(without, "/security/require", ("required", "on"))).StatusCode);
        Assert.False(await IsRequiredAsync());

        var owner = await _company.SignInAsync("ada", hasMfa: true);
        Assert.Contains("Require MFA of everybody?", await TextAsync(owner, "/security/require"), StringComparison.Ordinal);
        var response = await PostAsync(owner, "/security/require", ("required", "on"));
        Assert.Equal($"{_company.Page}/security?done=on", response.Headers.Location!.OriginalString);
        Assert.True(await IsRequiredAsync());
        Assert.Single(await _server.QueryAsync(c => c.AuditEvents.Where(e => e.Action == "organization.mfa.changed").ToListAsync()));

        var refused = await without.GetAsync(_company.Page);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Contains("Acme Inc. requires multi-factor authentication", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, (await PostAsync(without, "/security/require", ("required", "off"))).StatusCode);
        Assert.True(await IsRequiredAsync());
    }

    [Fact]
    public async Task Enforcement_NeedsARecentProof()
    {
        var owner = await _company.SignInAsync("ada", hasMfa: true);
        _server.Clock.Advance(TimeSpan.FromHours(1));
        var page = await owner.GetAsync($"{_company.Page}/security/require");
        Assert.StartsWith("/login/confirm?return_url=", page.Headers.Location!.OriginalString, StringComparison.Ordinal);
        Assert.Contains(Uri.EscapeDataString($"{_company.Page}/security/require"), page.Headers.Location!.OriginalString, StringComparison.Ordinal);
        var form = await PostAsync(owner, "/security/require", ("required", "on"));
        Assert.StartsWith("/login/confirm?return_url=", form.Headers.Location!.OriginalString, StringComparison.Ordinal);
        Assert.False(await IsRequiredAsync());
    }

    [Fact]
    public async Task Factors_AreResetByWhoMayAndSignOutEverywhere()
    {
        var member = await _company.SignInAsync("member");
        var id = await _company.UserIdAsync("member");
        await _server.QueryAsync(c => c.Users.Where(u => u.Id == id).ExecuteUpdateAsync(row => row.SetProperty(u => u.TwoFactorEnabled, true)));
        var admin = await _company.SignInAsync("admin");
        foreach (var name in new[] { "eve", "admin" })
        {
            Assert.NotEqual(HttpStatusCode.SeeOther, (await PostAsync(admin, $"/members/{await _company.UserIdAsync(name)}/reset-factors")).StatusCode);
        }

        Assert.NotEqual(HttpStatusCode.SeeOther, (await PostAsync(admin, $"/members/{_server.User.Id}/reset-factors")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await member.GetAsync("/account")).StatusCode);

        var response = await PostAsync(admin, $"/members/{id}/reset-factors");
        Assert.Equal($"{_company.Page}?done=reset", response.Headers.Location!.OriginalString);
        Assert.Equal(HttpStatusCode.SeeOther, (await member.GetAsync("/account")).StatusCode);
        Assert.False(await _server.QueryAsync(c => c.Users.Where(u => u.Id == id).Select(u => u.TwoFactorEnabled).SingleAsync()));
        var record = await _server.QueryAsync(c => c.AuditEvents.SingleAsync(e => e.Action == "organization.factors.reset"));
        Assert.Equal($"user {id}", record.Detail);
    }

    // The account is the server's: Vera owns another organization and is a plain member of this one.
    [Fact]
    public async Task FactorsThatAnotherOrganizationReliesOn_AreNotAnAdministratorsToReset()
    {
        var vera = await _company.SignInAsync("member");
        var id = await _company.UserIdAsync("member");
        await _server.AddOrganizationAsync(id, "vera", "Vera's");
        await _server.QueryAsync(c => c.Users.Where(u => u.Id == id).ExecuteUpdateAsync(row => row.SetProperty(u => u.TwoFactorEnabled, true)));

        foreach (var name in new[] { "admin", "ada" })
        {
            var response = await PostAsync(await _company.SignInAsync(name, hasMfa: true), $"/members/{id}/reset-factors");
            Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
            Assert.Contains("postern-server user reset-mfa", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        Assert.True(await _server.QueryAsync(c => c.Users.Where(u => u.Id == id).Select(u => u.TwoFactorEnabled).SingleAsync()));
        Assert.Equal(HttpStatusCode.OK, (await vera.GetAsync("/account")).StatusCode);
        Assert.False(await _server.QueryAsync(c => c.AuditEvents.AnyAsync(e => e.Action.EndsWith("factors.reset"))));
    }

    [Fact]
    public async Task WhoseFactorsAreReset_HearsOfItByMail()
    {
        await using var mail = await MailServer.StartAsync();
        await using var server = await LoginServer.StartAsync(new LoginOptions { Issuer = LoginServer.Issuer, Mail = mail.Options() });
        var company = await Company.CreateAsync(server);
        var member = await company.UserIdAsync("member");
        var owner = await company.SignInAsync("ada");
        var response = await owner.SubmitAsync("/account/ssh-keys", $"{company.Page}/members/{member}/reset-factors");
        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
        var note = await mail.WaitForAsync("member@example.com", "Your second factors on Postern were removed");
        Assert.Contains("an administrator removed the second factors", note.Message.TextBody, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Member_LeavesAndThePersonInTheAddressIsNobodyElse()
    {
        var member = await _company.SignInAsync("member");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await PostAsync(member, $"/members/{await _company.UserIdAsync("admin")}/remove")).StatusCode);
        var response = await PostAsync(member, $"/members/{await _company.UserIdAsync("member")}/remove");
        Assert.Equal("/account/organizations?done=left", response.Headers.Location!.OriginalString);
        Assert.Null(await _company.RoleAsync("member"));
        Assert.Equal(OrganizationRole.Admin, await _company.RoleAsync("admin"));
        Assert.Equal(HttpStatusCode.NotFound, (await member.GetAsync(_company.Page)).StatusCode);
    }

    [Fact]
    public async Task MachineUser_GetsTokensThatCountAsTheirMakersProof()
    {
        var owner = await _company.SignInAsync("ada", hasMfa: true);
        var made = await PostAsync(owner, "/machines", ("name", "deploy-bot"));
        var page = made.Headers.Location!.OriginalString;
        var response = await owner.SubmitAsync(page, page, ("name", "ci"), ("days", "30"), ("access", "full"));
        Assert.Matches("pst_[A-Za-z0-9_-]{43}", await response.Content.ReadAsStringAsync());
        var token = await _server.QueryAsync(c => c.ApiTokens.SingleAsync());
        Assert.True(token.HadMfaAtCreation);
        Assert.Equal($"{_company.Page}/machines/{token.UserId}/tokens", page);
        Assert.Contains("Made by Ada Lovelace", await TextAsync(owner, "/machines"), StringComparison.Ordinal);

        // A person is no machine, however the address is put together.
        var member = await _company.UserIdAsync("member");
        Assert.Equal(HttpStatusCode.NotFound, (await PostAsync(owner, $"/machines/{member}/tokens", ("name", "x"), ("days", ""), ("access", "full"))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await owner.GetAsync($"{_company.Page}/machines/{member}/tokens")).StatusCode);
        await PostAsync(owner, $"/machines/{member}/delete");
        Assert.NotNull(await _company.RoleAsync("member"));

        await PostAsync(owner, $"/machines/{token.UserId}/tokens/{token.Id}/delete");
        Assert.NotNull((await _server.QueryAsync(c => c.ApiTokens.SingleAsync())).RevokedAt);
        await PostAsync(owner, $"/machines/{token.UserId}/delete");
        Assert.Equal(0, await _server.QueryAsync(c => c.MachineUsers.CountAsync()));
    }

    [Fact]
    public async Task Invitation_IsMadeShownAndWithdrawn()
    {
        var admin = await _company.SignInAsync("admin");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await PostAsync(admin, "/invitations", ("email", "new@example.com"), ("role", "owner"))).StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await PostAsync(admin, "/invitations", ("email", "nonsense"), ("role", "member"))).StatusCode);
        var response = await PostAsync(admin, "/invitations", ("email", "new@example.com"), ("role", "member"));
        Assert.Contains("This server sends no mail.", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var id = await _server.QueryAsync(c => c.Invitations.Select(i => i.Id).SingleAsync());
        Assert.Contains("new@example.com", await TextAsync(admin, ""), StringComparison.Ordinal);
        Assert.DoesNotContain("new@example.com", await TextAsync(await _company.SignInAsync("member"), ""), StringComparison.Ordinal);
        response = await PostAsync(admin, $"/invitations/{id}/revoke");
        Assert.Equal($"{_company.Page}?done=withdrawn", response.Headers.Location!.OriginalString);
        Assert.NotNull((await _server.QueryAsync(c => c.Invitations.SingleAsync())).RevokedAt);
    }

    private static (string Name, string Value)[] Everything { get; } =
        [("role", "owner"), ("required", "on"), ("all", "1"), ("name", "x"), ("email", "x@example.com"), ("days", ""), ("access", "full")];

    private static string[] Forms(Guid member, Guid machine) =>
    [
        $"/members/{member}/role", $"/members/{member}/remove", $"/members/{member}/reset-factors", "/invitations",
        $"/invitations/{Guid.NewGuid()}/resend", $"/invitations/{Guid.NewGuid()}/revoke", "/security/remind", "/security/require", "/machines",
        $"/machines/{machine}/delete", $"/machines/{machine}/tokens", $"/machines/{machine}/tokens/{Guid.NewGuid()}/delete",
    ];

    private async Task<Guid> NewMachineAsync()
    {
        var owner = await _company.SignInAsync("ada");
        await PostAsync(owner, "/machines", ("name", "bot"));
        return await _server.QueryAsync(c => c.MachineUsers.Select(m => m.UserId).SingleAsync());
    }

    private Task<bool> IsRequiredAsync() => _server.QueryAsync(c => c.Organizations.Select(o => o.RequiresMfa).SingleAsync());

    private async Task AssertUntouchedAsync(Guid? machine)
    {
        Assert.Equal(OrganizationRole.Member, await _company.RoleAsync("member"));
        Assert.False(await IsRequiredAsync());
        Assert.Equal(machine is null ? 0 : 1, await _server.QueryAsync(c => c.MachineUsers.CountAsync()));
        Assert.Equal(0, await _server.QueryAsync(c => c.ApiTokens.CountAsync()));
        Assert.Equal(0, await _server.QueryAsync(c => c.Invitations.CountAsync()));
    }

    private async Task<HttpResponseMessage> ChangeRoleAsync(Browser browser, string target, string role)
    {
        var id = target == "ada" ? _server.User.Id : await _company.UserIdAsync(target);
        return await PostAsync(browser, $"/members/{id}/role", ("role", role));
    }

    // The token of a form is the person's, so one of any page will do.
    private Task<HttpResponseMessage> PostAsync(Browser browser, string path, params (string Name, string Value)[] fields) =>
        browser.SubmitAsync("/account/ssh-keys", _company.Page + path, fields);

    private async Task<string> TextAsync(Browser browser, string path) => await (await browser.GetAsync(_company.Page + path)).Content.ReadAsStringAsync();
}

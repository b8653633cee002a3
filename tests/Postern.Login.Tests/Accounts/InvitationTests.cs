using System.Net;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Postern.Directory.Organizations;
using Postern.Directory.People;
using Postern.Login.Accounts;
using Postern.Login.OAuth;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.Accounts;

/// <summary>Inviting, and every way to accept an invitation that is not one's own.</summary>
[Collection(DatabaseCollection.Name)]
public sealed class InvitationTests(PostgreSqlServer postgreSql) : IAsyncLifetime
{
    private const string Invited = "grace@example.com";

    private LoginServer _server = null!;
    private MailServer _mail = null!;
    private Organization _organization = null!;

    private InvitationService Service => _server.Services.GetRequiredService<InvitationService>();

    public async Task InitializeAsync()
    {
        _mail = await MailServer.StartAsync();
        _server = await LoginServer.StartAsync(new LoginOptions { Issuer = LoginServer.Issuer, Mail = _mail.Options() });
        _organization = await _server.AddOrganizationAsync(_server.User.Id);
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _mail.DisposeAsync();
    }

    [Fact]
    public async Task Invitation_IsMailedAndMakesAnAccountInTheOrganization()
    {
        var result = await InviteAsync(role: OrganizationRole.Admin);
        Assert.True(result.IsDone);
        Assert.Null(result.Link);
        var mail = await _mail.WaitForAsync(Invited, "Invitation to Acme on Postern");
        Assert.Equal("postern@postern.example", mail.Sender);
        Assert.Contains("Ada Lovelace (ada@example.com) invites you", mail.Message.TextBody, StringComparison.Ordinal);
        Assert.Contains("as an administrator", mail.Message.TextBody, StringComparison.Ordinal);
        Assert.Equal("auto-generated", mail.Message.Headers["Auto-Submitted"]);

        var browser = await OpenAsync(mail);
        var response = await AcceptAsync(browser);
        Assert.Equal("/account", response.Headers.Location!.OriginalString);
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/account")).StatusCode);
        var user = await _server.QueryAsync(c => c.Users.SingleAsync(u => u.Email == Invited));
        Assert.True(user.EmailConfirmed);
        Assert.Equal(OrganizationRole.Admin, await RoleOfAsync(user.Id));
        Assert.Equal(HttpStatusCode.SeeOther, (await _server.Browser().SignInAsync(Invited, "tramway otter violin")).StatusCode);

        // Used up, for this browser and every other.
        Assert.Equal(HttpStatusCode.NotFound, (await (await OpenAsync(mail)).GetAsync("/invitation")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await AcceptAsync(await OpenAsync(mail), password: "another tramway otter")).StatusCode);
    }

    [Fact]
    public async Task Secret_LeavesTheAddressAndIsStoredAsAHash()
    {
        await InviteAsync();
        var mail = await _mail.WaitForAsync(Invited, "Invitation");
        var token = mail.Link[(mail.Link.IndexOf("token=", StringComparison.Ordinal) + 6)..];
        var browser = _server.Browser();
        var response = await browser.GetAsync(mail.Path);
        Assert.Equal("/invitation", response.Headers.Location!.OriginalString);
        Assert.Equal("no-referrer", Assert.Single(response.Headers.GetValues("Referrer-Policy")));
        Assert.Contains(browser.LastSetCookies, c => c.StartsWith("__Host-postern-invitation=", StringComparison.Ordinal) && c.Contains("httponly", StringComparison.Ordinal) && c.Contains("secure", StringComparison.Ordinal));
        Assert.DoesNotContain(token, await (await browser.GetAsync("/invitation")).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(OpaqueToken.Hash(token), (await _server.QueryAsync(c => c.MailLinks.SingleAsync())).TokenHash);

        // It is forgotten a moment after it came.
        await Programs.WaitUntilAsync(async () => !await _server.QueryAsync(c => c.QueuedMails.AnyAsync()), "the end of the queue");
    }

    // Security: a link begins with the configured URL, whatever Host the request names.
    [Fact]
    public async Task ForgedHost_IsInNoLink()
    {
        await InviteAsync();
        using var client = _server.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/password/forgotten");
        request.Headers.Host = "evil.example";
        await client.SendAsync(request);
        Assert.StartsWith(LoginServer.Issuer + "/invitation?token=pin_", (await _mail.WaitForAsync(Invited, "Invitation")).Link, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x@example.com\r\nBcc: victim@example.com")]
    [InlineData("x@example.com, victim@example.com")]
    [InlineData("\"x\" <x@example.com>")]
    [InlineData("x@example.com\0")]
    [InlineData("x")]
    [InlineData("")]
    public async Task AddressThatIsMore_IsRefused(string email) =>
        Assert.Equal(["This is not an e-mail address."], (await InviteAsync(email)).Faults);

    [Fact]
    public async Task NamesWithLineBreaks_AddNoHeaders()
    {
        var other = await _server.AddOrganizationAsync(_server.User.Id, "other", "Evil\r\nBcc: victim@example.com\r\n\r\nhttps://evil.example");
        await Service.InviteAsync(_server.User.Id, other.Id, Invited, OrganizationRole.Member, CancellationToken.None);
        var mail = await _mail.WaitForAsync(Invited, "Invitation");
        Assert.Equal([Invited], mail.Recipients);
        Assert.Empty(mail.Message.Bcc);
        Assert.Contains("Evil  Bcc: victim", mail.Message.Subject, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ExistingAccount_JoinsAfterSigningInAsItself()
    {
        var grace = await _server.CreateUserAsync(Invited, LoginServer.Password);
        await InviteAsync();
        var browser = await OpenAsync(await _mail.WaitForAsync(Invited, "Invitation"));
        var page = await (await browser.GetAsync("/invitation")).Content.ReadAsStringAsync();
        Assert.Contains("There is an account with this address", page, StringComparison.Ordinal);
        Assert.DoesNotContain("new_password", page, StringComparison.Ordinal);

        // Not by setting a password for it, and not as somebody else.
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await browser.PostAsync("/invitation", [.. Browser.HiddenFields(await FormPageAsync(browser)), ("new_password", "tramway otter violin")])).StatusCode);
        await browser.SignInAsync();
        var forbidden = await browser.PostAsync("/invitation/join", [.. Browser.HiddenFields(await FormPageAsync(browser))]);
        Assert.Contains("for another account", await forbidden.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Null(await RoleOfAsync(grace.Id));

        var back = await browser.SignInAsync(Invited, LoginServer.Password, "/login?return_url=%2Finvitation");
        Assert.Equal("/invitation", back.Headers.Location!.OriginalString);
        Assert.Equal("/account", (await browser.SubmitAsync("/invitation", "/invitation/join")).Headers.Location!.OriginalString);
        Assert.Equal(OrganizationRole.Member, await RoleOfAsync(grace.Id));
        Assert.Equal(HttpStatusCode.SeeOther, (await _server.Browser().SignInAsync(Invited, LoginServer.Password)).StatusCode);
    }

    [Fact]
    public async Task ExpiredRevokedAndReplacedLinks_OpenNothing()
    {
        var invitation = (await InviteAsync()).Invitation!;
        var first = await _mail.WaitForAsync(Invited, "Invitation");
        Assert.True((await Service.ResendAsync(_server.User.Id, _organization.Id, invitation.Id, CancellationToken.None)).IsDone);
        await Programs.WaitUntilAsync(() => _mail.Received().Count >= 2, "the second mail");

        var second = _mail.Received().Single(mail => mail.Link != first.Link);
        Assert.Equal(HttpStatusCode.NotFound, (await (await OpenAsync(first)).GetAsync("/invitation")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await (await OpenAsync(second)).GetAsync("/invitation")).StatusCode);
        _server.Clock.Advance(TimeSpan.FromDays(7));
        Assert.Equal(HttpStatusCode.NotFound, (await (await OpenAsync(second)).GetAsync("/invitation")).StatusCode);
        Assert.True((await Service.RevokeAsync(_server.User.Id, _organization.Id, invitation.Id, CancellationToken.None)).IsDone);
        Assert.False((await Service.RevokeAsync(_server.User.Id, _organization.Id, invitation.Id, CancellationToken.None)).IsDone);
        Assert.Empty(await Service.ListAsync(_server.User.Id, _organization.Id, CancellationToken.None));
    }

    [Fact]
    public async Task RevokedInvitation_OpensNothing()
    {
        var invitation = (await InviteAsync()).Invitation!;
        var browser = await OpenAsync(await _mail.WaitForAsync(Invited, "Invitation"));
        var page = await FormPageAsync(browser);
        await Service.RevokeAsync(_server.User.Id, _organization.Id, invitation.Id, CancellationToken.None);
        Assert.Equal(HttpStatusCode.NotFound, (await browser.PostAsync("/invitation", [.. Browser.HiddenFields(page), ("new_password", "tramway otter violin")])).StatusCode);
        Assert.False(await _server.QueryAsync(c => c.Users.AnyAsync(u => u.Email == Invited)));
    }

    [Theory]
    [InlineData("pin_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("ppr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("")]
    [InlineData("a;b")]
    public async Task OtherToken_OpensNothing(string token)
    {
        var browser = _server.Browser();
        await browser.GetAsync("/invitation?token=" + Uri.EscapeDataString(token));
        Assert.Equal(HttpStatusCode.NotFound, (await browser.GetAsync("/invitation")).StatusCode);
    }

    [Fact]
    public async Task OnlyThoseWhoLookAfterTheOrganization_Invite()
    {
        var admin = await PersonAsync("admin@example.com", OrganizationRole.Admin);
        var member = await PersonAsync("member@example.com", OrganizationRole.Member);
        var stranger = await PersonAsync("stranger@example.com", null);
        Assert.True((await InviteAsync("a@example.com", OrganizationRole.Admin, admin.Id)).IsDone);
        Assert.True((await InviteAsync("b@example.com", OrganizationRole.Owner, admin.Id)).IsForbidden);
        Assert.True((await InviteAsync("b@example.com", OrganizationRole.Member, member.Id)).IsForbidden);
        Assert.True((await InviteAsync("b@example.com", OrganizationRole.Member, stranger.Id)).IsForbidden);
        var owners = (await InviteAsync("c@example.com", OrganizationRole.Owner)).Invitation!;
        Assert.True((await Service.ResendAsync(admin.Id, _organization.Id, owners.Id, CancellationToken.None)).IsForbidden);
        Assert.True((await Service.RevokeAsync(member.Id, _organization.Id, owners.Id, CancellationToken.None)).IsForbidden);
        Assert.Empty(await Service.ListAsync(member.Id, _organization.Id, CancellationToken.None));
        Assert.Equal(["This person is a member already."], (await InviteAsync("MEMBER@example.com")).Faults);

        // By way of another organization neither.
        var elsewhere = await _server.AddOrganizationAsync(stranger.Id, "elsewhere", "Elsewhere");
        Assert.False((await Service.RevokeAsync(stranger.Id, elsewhere.Id, owners.Id, CancellationToken.None)).IsDone);
    }

    // An administrator who expects to go invites an address of their own; no role comes back by it.
    [Theory]
    [InlineData("removed")]
    [InlineData("demoted")]
    [InlineData("disabled")]
    [InlineData("deleted")]
    [InlineData("by the operator")]
    public async Task InvitationOfWhoMayNotInviteAnyMore_OpensNothing(string how)
    {
        var admin = await PersonAsync("admin@example.com", OrganizationRole.Admin);
        Assert.True((await InviteAsync(Invited, OrganizationRole.Admin, admin.Id)).IsDone);
        var browser = await OpenAsync(await _mail.WaitForAsync(Invited, "Invitation"));
        var page = await FormPageAsync(browser);
        var acceptance = _server.Services.GetRequiredService<InvitationAcceptance>();
        var open = (await acceptance.FindAsync(new Uri((await _mail.WaitForAsync(Invited, "Invitation")).Link).Query["?token=".Length..], CancellationToken.None))!;

        var membership = _server.Services.GetRequiredService<Membership>();
        var owner = new OrganizationActor(_server.User.Id, HasMfa: false, "req-1");
        Assert.Equal(how is "removed" or "demoted", MembershipVerdict.Allowed == how switch
        {
            "removed" => await membership.RemoveAsync(owner, _organization.Id, admin.Id, CancellationToken.None),
            "demoted" => await membership.ChangeRoleAsync(owner, _organization.Id, admin.Id, OrganizationRole.Member, CancellationToken.None),
            _ => MembershipVerdict.NotFound,
        });
        switch (how)
        {
            case "disabled":
                Assert.True((await _server.WithAccountsAsync(a => a.SetDisabledAsync("admin@example.com", true, CancellationToken.None))).IsDone);
                break;
            case "deleted":
                Assert.True((await _server.WithAccountsAsync(a => a.DeleteAsync("admin@example.com", CancellationToken.None))).IsDone);
                break;
            case "by the operator":
                await _server.QueryAsync(c => c.OrganizationMembers.Where(m => m.UserId == admin.Id).ExecuteDeleteAsync());
                break;
        }

        // Neither by the page, nor for who had it open at that moment.
        Assert.Equal(HttpStatusCode.NotFound, (await browser.GetAsync("/invitation")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await browser.PostAsync("/invitation", [.. Browser.HiddenFields(page), ("new_password", "tramway otter violin")])).StatusCode);
        Assert.False((await acceptance.CreateAccountAsync(open, "Grace", "", "tramway otter violin", CancellationToken.None)).IsDone);
        Assert.False(await _server.QueryAsync(c => c.Users.AnyAsync(u => u.Email == Invited)));
        Assert.Equal(how is "removed" or "demoted", (await _server.QueryAsync(c => c.Invitations.SingleAsync())).RevokedAt is not null);

        // An owner may send it again, in their own name.
        Assert.True((await InviteAsync(Invited)).IsDone);
        await Programs.WaitUntilAsync(() => _mail.Received().Count(m => m.Recipients.Contains(Invited)) >= 2, "the owner's mail");
        var again = await OpenAsync(_mail.Received().Last(m => m.Recipients.Contains(Invited)));
        Assert.Equal("/account", (await AcceptAsync(again)).Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task Demotion_WithdrawsOnlyWhatTheyMayNotOfferAnyMore()
    {
        var second = await PersonAsync("second@example.com", OrganizationRole.Owner);
        await InviteAsync("o@example.com", OrganizationRole.Owner, second.Id);
        await InviteAsync("a@example.com", OrganizationRole.Admin, second.Id);
        await InviteAsync("m@example.com", OrganizationRole.Owner);
        await _server.Services.GetRequiredService<Membership>().ChangeRoleAsync(
            new OrganizationActor(_server.User.Id, HasMfa: false, "req-1"), _organization.Id, second.Id, OrganizationRole.Admin, CancellationToken.None);
        Assert.Equal(
            ["a@example.com", "m@example.com"],
            (await Service.ListAsync(_server.User.Id, _organization.Id, CancellationToken.None)).Select(i => i.Email).Order());
        Assert.Contains("may not invite any more", (await _server.QueryAsync(c => c.AuditEvents.SingleAsync(e => e.Action == "invitation.revoked"))).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutAMailServer_TheLinkIsShownAndTheMailWrittenForTheOwnerOnly()
    {
        var folder = System.IO.Directory.CreateTempSubdirectory("postern-outbox-").FullName;
        await using var server = await LoginServer.StartAsync(new LoginOptions { Issuer = LoginServer.Issuer, OutboxDirectory = Path.Combine(folder, "outbox") });
        var organization = await server.AddOrganizationAsync(server.User.Id);
        var result = await server.Services.GetRequiredService<InvitationService>().InviteAsync(
            server.User.Id, organization.Id, Invited, OrganizationRole.Member, CancellationToken.None);
        Assert.StartsWith(LoginServer.Issuer + "/invitation?token=pin_", result.Link, StringComparison.Ordinal);
        var outbox = Path.Combine(folder, "outbox");
        await Programs.WaitUntilAsync(
            () => System.IO.Directory.Exists(outbox) && System.IO.Directory.GetFiles(outbox, "*.eml").Length > 0, "a mail in the outbox");

        var file = Assert.Single(System.IO.Directory.GetFiles(Path.Combine(folder, "outbox"), "*.eml"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Contains("To: grace@example.com", await File.ReadAllTextAsync(file), StringComparison.Ordinal);
        var browser = server.Browser();
        await browser.GetAsync(new Uri(result.Link!).PathAndQuery);
        await AcceptAsync(browser);

        // Who invited saw the link too: the mailbox is not proven by it.
        Assert.False((await server.QueryAsync(c => c.Users.SingleAsync(u => u.Email == Invited))).EmailConfirmed);
        var owner = server.Browser();
        await owner.SignInAsync();
        var members = await (await owner.GetAsync($"/account/organizations/{organization.Id}")).Content.ReadAsStringAsync();
        Assert.Single(Regex.Matches(members, "address not confirmed"));
        System.IO.Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task TwoAtOnce_YieldOneAccount(string provider)
    {
        await using var server = await LoginServer.StartAsync(provider, postgreSql);
        var organization = await server.AddOrganizationAsync(server.User.Id);
        var service = server.Services.GetRequiredService<InvitationService>();
        var invited = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => service.InviteAsync(
            server.User.Id, organization.Id, Invited, OrganizationRole.Member, CancellationToken.None))));
        Assert.Contains(invited, result => result.IsDone);
        Assert.Single(await service.ListAsync(server.User.Id, organization.Id, CancellationToken.None));
        var link = (await service.InviteAsync(server.User.Id, organization.Id, Invited, OrganizationRole.Member, CancellationToken.None)).Link!;
        var acceptance = server.Services.GetRequiredService<InvitationAcceptance>();
        var open = (await acceptance.FindAsync(link[(link.IndexOf('=', StringComparison.Ordinal) + 1)..], CancellationToken.None))!;
        var results = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(() => acceptance.CreateAccountAsync(
            open, $"Grace {i}", "", "tramway otter violin", CancellationToken.None))));
        var winner = Assert.Single(results, result => result.IsDone);
        Assert.Equal(winner.User!.Id, (await server.QueryAsync(c => c.Users.SingleAsync(u => u.Email == Invited))).Id);
        Assert.Equal(2, await server.QueryAsync(c => c.OrganizationMembers.CountAsync()));
    }

    private Task<InvitationResult> InviteAsync(string email = Invited, OrganizationRole role = OrganizationRole.Member, Guid? actor = null) =>
        Service.InviteAsync(actor ?? _server.User.Id, _organization.Id, email, role, CancellationToken.None);

    private async Task<Browser> OpenAsync(ReceivedMail mail)
    {
        var browser = _server.Browser();
        await browser.GetAsync(mail.Path);
        return browser;
    }

    private static async Task<string> FormPageAsync(Browser browser) =>
        await (await browser.GetAsync("/password/forgotten")).Content.ReadAsStringAsync() + await (await browser.GetAsync("/invitation")).Content.ReadAsStringAsync();

    private static Task<HttpResponseMessage> AcceptAsync(Browser browser, string password = "tramway otter violin") =>
        browser.SubmitAsync("/login", "/invitation", ("first_name", "Grace"), ("last_name", "Hopper"), ("new_password", password));

    private async Task<OrganizationRole?> RoleOfAsync(Guid userId) => await _server.QueryAsync(c => c.OrganizationMembers
        .Where(m => m.UserId == userId && m.OrganizationId == _organization.Id).Select(m => (OrganizationRole?)m.Role).SingleOrDefaultAsync());

    private async Task<User> PersonAsync(string email, OrganizationRole? role)
    {
        var user = await _server.CreateUserAsync(email, LoginServer.Password);
        if (role is { } held)
        {
            await _server.AddMemberAsync(_organization.Id, user.Id, held);
        }

        return user;
    }
}

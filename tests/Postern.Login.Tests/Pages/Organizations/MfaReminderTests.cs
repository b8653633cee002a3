using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Postern.Login.Accounts;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.Pages.Organizations;

/// <summary>Who is reminded to set up a second factor, and how often at most; against a real mail server.</summary>
public sealed class MfaReminderTests : IAsyncLifetime
{
    private const string Subject = "Please set up a second factor for Postern";

    private MailServer _mail = null!;
    private LoginServer _server = null!;
    private Company _company = null!;

    public async Task InitializeAsync()
    {
        _mail = await MailServer.StartAsync();
        _server = await LoginServer.StartAsync(new LoginOptions { Issuer = LoginServer.Issuer, Mail = _mail.Options() });
        _company = await Company.CreateAsync(_server);
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _mail.DisposeAsync();
    }

    [Fact]
    public async Task One_GetsTheMailThatSaysWhatToDo()
    {
        var owner = await _company.SignInAsync("ada");
        Assert.Equal("1", await RemindAsync(owner, "member"));
        var mail = await _mail.WaitForAsync("member@example.com", Subject);
        var text = mail.Message.TextBody!.ReplaceLineEndings("\n");
        Assert.Contains("an administrator of \"Acme Inc.\" asks you to", text, StringComparison.Ordinal);
        Assert.Contains($"\n{LoginServer.Issuer}/account/security\n", text, StringComparison.Ordinal);
        Assert.Contains("\npostern login -f\n", text, StringComparison.Ordinal);
        Assert.Equal(["member@example.com"], await ReceivedAsync(1));
        var record = await _server.QueryAsync(c => c.AuditEvents.SingleAsync(e => e.Action == "organization.mfa.reminded"));
        Assert.Equal((_server.User.Id.ToString(), $"user {await _company.UserIdAsync("member")}"), (record.Actor, record.Detail));
    }

    [Fact]
    public async Task WhereItIsRequired_TheMailSaysSo()
    {
        var owner = await _company.SignInAsync("ada", hasMfa: true);
        await RemindAsync(owner, "member");
        Assert.Contains("When the organization comes to require it", (await _mail.WaitForAsync("member@example.com", Subject)).Message.TextBody, StringComparison.Ordinal);
        await _company.RequireMfaAsync();
        await RemindAsync(owner, "admin");
        var text = (await _mail.WaitForAsync("admin@example.com", Subject)).Message.TextBody!.ReplaceLineEndings("\n");
        Assert.Contains("\nIt is required already: without it SSH, Git and the API refuse you\nthere. On the command line, run this afterwards:\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("comes to require", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SeveralOrAll_ReachWhoHasNoneAndNobodyElse()
    {
        await SetAsync("admin", user => user.TwoFactorEnabled = true);
        await SetAsync("dev", user => user.IsDisabled = true);
        var owner = await _company.SignInAsync("ada");
        await owner.SubmitAsync("/account/ssh-keys", _company.Page + "/machines", ("name", "bot"));

        // Chosen by hand: who has a factor, who is not of the organization, who does not exist, twice the same, and no id at all.
        Assert.Equal("1", await RemindAsync(owner, "admin", "eve", "member", "member", "nobody"));
        Assert.Equal(["member@example.com"], await ReceivedAsync(1));

        _server.Clock.Advance(LoginLimits.ReminderInterval);
        Assert.Equal("2", await RemindAllAsync(owner)); // Ada herself, and the member again: no administrator with MFA, no machine, nobody disabled.
        Assert.Equal(["ada@example.com", "member@example.com", "member@example.com"], await ReceivedAsync(3));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await PostAsync(owner)).StatusCode); // Nobody chosen.
    }

    [Fact]
    public async Task MailFlood_EndsAtOneAnHourAndThreeADayWhoeverPressesTheButton()
    {
        var owner = await _company.SignInAsync("ada");
        var admin = await _company.SignInAsync("admin", hasMfa: true);
        var hands = new List<Browser> { owner, admin };
        for (var i = 0; i < 3; i++)
        {
            hands.Add(await _company.SignInAsync("ada"));
            hands.Add(await _company.SignInAsync("admin", hasMfa: true));
        }

        var pressed = await Task.WhenAll(hands.Select(browser => Task.Run(() => RemindAsync(browser, "member"))));
        Assert.Equal(1, pressed.Count(answer => answer == "1"));
        _server.Clock.Advance(LoginLimits.ReminderInterval - TimeSpan.FromSeconds(1));
        Assert.Equal("0", await RemindAsync(admin, "member"));
        Assert.Equal("3", await RemindAllAsync(owner)); // The limit of one person is not that of the others.
        _server.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("1", await RemindAsync(owner, "member"));
        _server.Clock.Advance(TimeSpan.FromHours(2));
        Assert.Equal("1", await RemindAsync(owner, "member"));
        for (var hour = 0; hour < 20; hour++)
        {
            _server.Clock.Advance(TimeSpan.FromHours(1));
            Assert.Equal("0", await RemindAsync(owner, "member"));
        }

        _server.Clock.Advance(TimeSpan.FromHours(2));
        Assert.Equal("1", await RemindAsync(owner, "member"));
        Assert.Equal(4, (await ReceivedAsync(7)).Count(recipient => recipient == "member@example.com"));
    }

    [Fact]
    public async Task AnotherServerOrARestart_StillKnows()
    {
        var owner = await _company.SignInAsync("ada");
        Assert.Equal("1", await RemindAsync(owner, "member"));
        using var other = ActivatorUtilities.CreateInstance<MfaReminders>(_server.Services); // A process of its own, with nothing in its memory.
        var actor = new Postern.Directory.Organizations.OrganizationActor(_server.User.Id, HasMfa: false, RequestId: null);
        Assert.Equal(3, (await other.SendAsync(actor, _company.Organization.Id, null, CancellationToken.None)).Count);
        Assert.Equal(["ada@example.com", "admin@example.com", "dev@example.com", "member@example.com"], await ReceivedAsync(4));
    }

    [Fact]
    public async Task WhoSetOneUpMeanwhile_GetsNoMail()
    {
        var owner = await _company.SignInAsync("ada");
        await SetAsync("member", user => user.TwoFactorEnabled = true);
        Assert.Equal("0", await RemindAsync(owner, "member"));
        var page = await (await owner.GetAsync(_company.Page + "/security?reminded=0")).Content.ReadAsStringAsync();
        Assert.Contains("Nobody was reminded", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("member", HttpStatusCode.Forbidden)]
    [InlineData("dev", HttpStatusCode.NotFound)]
    [InlineData("eve", HttpStatusCode.NotFound)]
    public async Task WhoIsNoAdministrator_RemindsNobody(string name, HttpStatusCode status)
    {
        var browser = await _company.SignInAsync(name);
        Assert.Equal(status, (await PostAsync(browser, ("all", "1"))).StatusCode);
        Assert.False(await _server.QueryAsync(c => c.QueuedMails.AnyAsync()));
        Assert.False(await _server.QueryAsync(c => c.AuditEvents.AnyAsync(e => e.Action == "organization.mfa.reminded")));
    }

    private async Task<string> RemindAsync(Browser browser, params string[] names)
    {
        var ids = new List<string>();
        foreach (var name in names)
        {
            ids.Add(name switch
            {
                "ada" => _server.User.Id.ToString(),
                "nobody" => Guid.NewGuid().ToString(),
                _ => (await _company.UserIdAsync(name)).ToString(),
            });
        }

        return Reminded(await PostAsync(browser, [.. ids.Select(id => ("user", id))]));
    }

    private async Task<string> RemindAllAsync(Browser browser) => Reminded(await PostAsync(browser, ("all", "1")));

    private Task<HttpResponseMessage> PostAsync(Browser browser, params (string Name, string Value)[] fields) =>
        browser.SubmitAsync("/account/ssh-keys", _company.Page + "/security/remind", fields);

    private string Reminded(HttpResponseMessage response)
    {
        var address = response.Headers.Location!.OriginalString;
        Assert.StartsWith($"{_company.Page}/security?reminded=", address, StringComparison.Ordinal);
        return address.Split('=')[1];
    }

    // Whom the mails that came are for, in order; there must be this many and no more wait.
    private async Task<IReadOnlyList<string>> ReceivedAsync(int count)
    {
        await Programs.WaitUntilAsync(async () => !await _server.QueryAsync(c => c.QueuedMails.AnyAsync()) && _mail.Received().Count >= count, "the mails");
        var mails = _mail.Received();
        Assert.Equal(count, mails.Count);
        Assert.All(mails, mail => Assert.Equal(Subject, mail.Message.Subject));
        return [.. mails.Select(mail => mail.Recipients.Single()).Order(StringComparer.Ordinal)];
    }

    private Task<int> SetAsync(string name, Action<Postern.Directory.People.User> change) => _server.QueryAsync(async c =>
    {
        change(await c.Users.SingleAsync(u => u.Email == name + "@example.com"));
        return await c.SaveChangesAsync();
    });
}

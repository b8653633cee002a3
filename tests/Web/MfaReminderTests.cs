using Microsoft.Playwright;
using Postern.Directory.Organizations;

namespace Postern.Web.Tests;

/// <summary>An owner sees who has a second factor, and reminds the others, in a real browser and with a real mail server.</summary>
[Collection(WebCollection.Name)]
public sealed class MfaReminderTests(ChromiumFixture chromium) : IAsyncLifetime
{
    private const string Subject = "Please set up a second factor";

    private MailServer _mail = null!;
    private LoginSite _site = null!;
    private Organization _acme = null!;

    public async Task InitializeAsync()
    {
        _mail = await MailServer.StartAsync();
        _site = await LoginSite.StartAsync(_mail.Options());
        _acme = await _site.AddProjectAsync();
        foreach (var (email, first, last) in new[]
        {
            ("grace@example.com", "Grace", "Hopper"), ("linus@example.com", "Linus", "Torvalds"), ("barbara@example.com", "Barbara", "Liskov"),
        })
        {
            var user = await _site.AddPersonAsync(email, first, last);
            await _site.AddMemberAsync(_acme, user, OrganizationRole.Member, hasMfa: first == "Grace");
        }
    }

    public async Task DisposeAsync()
    {
        await _site.DisposeAsync();
        await _mail.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Visit.TwoLooks), MemberType = typeof(Visit))]
    public async Task Owner_RemindsOneSeveralAndAll(string name, int width, int height, bool isDark)
    {
        await using var visit = await Visit.BeginAsync(chromium, _site, name, width, height, isDark);
        await visit.SignInAsync();
        await visit.GoAsync($"/account/organizations/{_acme.Id}/security");
        await Assertions.Expect(visit.Page.GetByText("1 of 4 people have a second factor.")).ToBeVisibleAsync();
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Region, new() { Name = "With a second factor", Exact = true })).ToContainTextAsync("Grace Hopper");
        await visit.ClickAsync("Remind selected");
        await visit.ExpectAlertAsync("Choose whom to remind.");
        await visit.CheckAsync("reminders-1-nobody");

        await visit.Page.GetByLabel("Linus Torvalds").CheckAsync();
        await visit.ClickAsync("Remind selected");
        await visit.ExpectStatusAsync("One reminder is on its way.");
        await visit.CheckAsync("reminders-2-one");
        var mail = await _mail.WaitForAsync("linus@example.com", Subject);
        Assert.Contains(_site.Url + "/account/security", mail.Message.TextBody, StringComparison.Ordinal);

        await visit.Page.GetByLabel("Linus Torvalds").CheckAsync();
        await visit.ClickAsync("Remind selected");
        await visit.ExpectStatusAsync("Nobody was reminded: they have a second factor by now, or were reminded lately (at most once an hour and three times a day).");
        await visit.CheckAsync("reminders-3-too-soon");

        // Several, one of whom was reminded just now; then all, of whom one is left.
        await visit.Page.GetByLabel("Linus Torvalds").CheckAsync();
        await visit.Page.GetByLabel("Ada Lovelace").CheckAsync();
        await visit.ClickAsync("Remind selected");
        await visit.ExpectStatusAsync("One reminder is on its way.");
        await _mail.WaitForAsync(LoginSite.Email, Subject);
        await visit.ClickAsync("Remind all");
        await visit.ExpectStatusAsync("One reminder is on its way.");
        await _mail.WaitForAsync("barbara@example.com", Subject);
        Assert.Equal(3, _mail.Received().Count);
    }
}

using Microsoft.Playwright;
using Postern.Ssh.Keys;

namespace Postern.Web.Tests;

/// <summary>A person looks after their SSH keys and API tokens, in a real browser.</summary>
[Collection(WebCollection.Name)]
public sealed class KeyPageTests(ChromiumFixture chromium) : IAsyncLifetime
{
    private LoginSite _site = null!;

    public async Task InitializeAsync() => _site = await LoginSite.StartAsync();

    public async Task DisposeAsync() => await _site.DisposeAsync();

    [Theory]
    [MemberData(nameof(Visit.Looks), MemberType = typeof(Visit))]
    public async Task Person_AddsAndDeletesAKey(string name, int width, int height, bool isDark)
    {
        await using var visit = await Visit.BeginAsync(chromium, _site, name, width, height, isDark);
        await visit.SignInAsync();
        await visit.FollowAsync("SSH keys");
        await Assertions.Expect(visit.Page.GetByText("No keys yet.")).ToBeVisibleAsync();
        await visit.CheckAsync("ssh-keys-1-empty");

        await visit.Page.GetByLabel("Public key").FillAsync("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----");
        await visit.ClickAsync("Add key");
        await visit.ExpectAlertAsync("This is a private key");
        await Assertions.Expect(visit.Page.GetByLabel("Public key")).ToHaveValueAsync("");
        await Assertions.Expect(visit.Page.GetByLabel("Public key")).ToBeFocusedAsync();
        await visit.CheckAsync("ssh-keys-2-private");

        await visit.Page.GetByLabel("Public key").FillAsync(NewLine());
        await visit.Page.GetByLabel("Name (optional)").FillAsync("office machine");
        await visit.ClickAsync("Add key");
        await visit.ExpectStatusAsync("The key is added. It works at once.");
        await visit.Page.GetByLabel("Public key").FillAsync(NewLine());
        await visit.ClickAsync("Add key");
        await Assertions.Expect(visit.Page.GetByText("ada@example.com-laptop")).ToBeVisibleAsync();
        await visit.CheckAsync("ssh-keys-3-added");

        await visit.Page.Locator("summary[aria-label='Rename ada@example.com-laptop']").ClickAsync();
        await visit.CheckAsync("ssh-keys-4-rename");
        await visit.Page.Locator("details[open]").GetByLabel("New name", new() { Exact = true }).FillAsync("home laptop");
        await visit.Page.Locator("details[open]").GetByRole(AriaRole.Button).ClickAsync();
        await visit.ExpectStatusAsync("The key has its new name.");
        await Assertions.Expect(visit.Page.GetByText("home laptop", new() { Exact = false }).First).ToBeVisibleAsync();

        await visit.Page.Locator("summary[aria-label='Delete office machine']").ClickAsync();
        await visit.CheckAsync("ssh-keys-4-question");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Delete office machine now" }).ClickAsync();
        await visit.ExpectStatusAsync("The key is deleted.");
        await Assertions.Expect(visit.Page.GetByText("office machine")).ToHaveCountAsync(0);
    }

    [Theory]
    [MemberData(nameof(Visit.Looks), MemberType = typeof(Visit))]
    public async Task Person_MakesAndDeletesAToken(string name, int width, int height, bool isDark)
    {
        await _site.AddProjectAsync();
        await using var visit = await Visit.BeginAsync(chromium, _site, name, width, height, isDark);
        await visit.SignInAsync();
        await visit.FollowAsync("API tokens");
        await visit.CheckAsync("api-tokens-1-empty");

        await visit.Page.GetByLabel("Name").FillAsync("deploy from CI");
        await visit.Page.GetByLabel("Reaches").SelectOptionAsync(new SelectOptionValue { Label = "only Shop" });
        await visit.Page.GetByLabel("only look, as a viewer").CheckAsync();
        await visit.ClickAsync("Make token");
        var secret = await visit.Page.GetByLabel("Token", new() { Exact = true }).InputValueAsync();
        Assert.StartsWith("pst_", secret, StringComparison.Ordinal);
        await visit.CheckAsync("api-tokens-2-made");

        await visit.Page.ReloadAsync(new() { WaitUntil = WaitUntilState.Load });
        await visit.GoAsync("/account/api-tokens");
        Assert.DoesNotContain(secret, await visit.Page.ContentAsync(), StringComparison.Ordinal);
        await Assertions.Expect(visit.Page.GetByText("read-only").First).ToBeVisibleAsync();
        await visit.CheckAsync("api-tokens-3-list");
    }

    [Fact]
    public async Task Keyboard_OpensTheQuestionAndAnswersIt()
    {
        await using var visit = await Visit.BeginAsync(chromium, _site, "keyboard");
        await visit.SignInAsync();
        await visit.GoAsync("/account/ssh-keys");
        await visit.Page.GetByLabel("Public key").FillAsync(NewLine());
        await visit.Page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(visit.Page.GetByLabel("Name (optional)")).ToBeFocusedAsync();
        await visit.Page.Keyboard.PressAsync("Enter");
        await visit.ExpectStatusAsync("The key is added. It works at once.");
        var summary = visit.Page.Locator("summary[aria-label^=Delete]");
        for (var i = 0; i < 15 && !await summary.EvaluateAsync<bool>("e => e === document.activeElement"); i++)
        {
            await visit.Page.Keyboard.PressAsync("Tab");
        }

        await Assertions.Expect(summary).ToBeFocusedAsync();
        await visit.CheckAsync("ssh-keys-5-focus");
        await visit.Page.Keyboard.PressAsync("Enter");
        await visit.Page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Delete now" }).Or(visit.Page.Locator("details[open] button"))).ToBeFocusedAsync();
        await visit.Page.Keyboard.PressAsync("Enter");
        await visit.ExpectStatusAsync("The key is deleted.");
    }

    private static string NewLine()
    {
        using var pair = Ed25519PrivateKey.Generate();
        return pair.PublicKey.ToAuthorizedKey() + " ada@example.com-laptop";
    }
}

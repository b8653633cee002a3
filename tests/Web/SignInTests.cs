using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace Postern.Web.Tests;

/// <summary>A person signs in, allows, refuses, errs and signs out, in a real browser.</summary>
[Collection(WebCollection.Name)]
public sealed class SignInTests(ChromiumFixture chromium) : IAsyncLifetime
{
    private readonly ConcurrentBag<string> _requests = [];
    private readonly ConcurrentBag<string> _complaints = [];
    private readonly List<IBrowserContext> _contexts = [];
    private LoginSite _site = null!;
    private LoopbackClient _client = null!;

    public async Task InitializeAsync()
    {
        _site = await LoginSite.StartAsync();
        _client = new LoopbackClient(_site);
        await _client.StartAsync();
    }

    public async Task DisposeAsync()
    {
        foreach (var context in _contexts)
        {
            await context.DisposeAsync();
        }

        await _client.DisposeAsync();
        await _site.DisposeAsync();

        // Whatever a test did: nothing was loaded from elsewhere and the browser had nothing to complain about.
        Assert.All(_requests, url => Assert.True(
            url.StartsWith(_site.Url + "/", StringComparison.Ordinal) || url.StartsWith(_client.RedirectUri + "/", StringComparison.Ordinal), url));
        Assert.Empty(_complaints);
    }

    [Theory]
    [InlineData("desktop", 1280, 800, ColorScheme.Light, true)]
    [InlineData("desktop-dark", 1280, 800, ColorScheme.Dark, true)]
    [InlineData("narrow", 360, 740, ColorScheme.Light, true)]
    [InlineData("narrow-dark", 360, 740, ColorScheme.Dark, true)]
    [InlineData("no-script", 1280, 800, ColorScheme.Light, false)]
    public async Task Person_SignsInAllowsAndLandsAtTheCommandLine(string name, int width, int height, ColorScheme scheme, bool hasScript)
    {
        var page = await OpenAsync(new() { ViewportSize = new() { Width = width, Height = height }, ColorScheme = scheme, JavaScriptEnabled = hasScript });
        await page.GotoAsync(_client.AuthorizeUrl());
        await CheckAsync(page, name, "1-sign-in", hasScript);
        await page.GetByLabel("E-mail address").FillAsync(LoginSite.Email);
        await page.GetByLabel("Password").FillAsync(LoginSite.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Allow Postern command line?");
        await CheckAsync(page, name, "2-consent", hasScript);
        await page.GetByRole(AriaRole.Button, new() { Name = "Allow" }).ClickAsync();
        await Assertions.Expect(page).ToHaveTitleAsync("Successfully logged in");
        var answer = await _client.Answer;
        Assert.Equal("st-42", answer["state"]);
        Assert.Equal(_site.Url, answer["iss"]);
        Assert.NotNull((await _client.ExchangeAsync())["access_token"]);
        await page.GotoAsync(_site.Url + "/account");
        await CheckAsync(page, name, "3-account", hasScript);
        await page.GetByRole(AriaRole.Link, new() { Name = "Sessions" }).ClickAsync();
        await Assertions.Expect(page.GetByText("Postern command line")).ToBeVisibleAsync();
        await CheckAsync(page, name, "3-sessions", hasScript);
        await page.GotoAsync(_site.Url + "/user/logout");
        await CheckAsync(page, name, "4-sign-out", hasScript);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToHaveTextAsync("You are signed out of this browser.");
        await CheckAsync(page, name, "5-signed-out", hasScript);
        await page.GotoAsync(_site.Url + "/account");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Sign in");
    }

    [Fact]
    public async Task Keyboard_IsEnough()
    {
        var page = await OpenAsync(new());
        await page.GotoAsync(_client.AuthorizeUrl());
        await Assertions.Expect(page.GetByLabel("E-mail address")).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync(LoginSite.Email);
        await page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(page.GetByLabel("Password")).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync(LoginSite.Password);
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Allow Postern command line?");
        await page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "Skip to content" })).ToBeFocusedAsync();
        await page.ScreenshotAsync(new() { Path = Path.Combine(ChromiumFixture.Screenshots, "keyboard-skip-link.png") });
        var allow = page.GetByRole(AriaRole.Button, new() { Name = "Allow" });
        for (var i = 0; i < 10 && !await allow.EvaluateAsync<bool>("e => e === document.activeElement"); i++)
        {
            await page.Keyboard.PressAsync("Tab");
        }

        await Assertions.Expect(allow).ToBeFocusedAsync();
        await page.ScreenshotAsync(new() { Path = Path.Combine(ChromiumFixture.Screenshots, "keyboard-focus.png") });
        await page.Keyboard.PressAsync("Enter");
        Assert.StartsWith("pac_", (await _client.Answer)["code"].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deny_GoesBackWithoutACode()
    {
        var page = await OpenAsync(new());
        await SignInAsync(page);
        await page.GetByRole(AriaRole.Button, new() { Name = "Deny" }).ClickAsync();
        var answer = await _client.Answer;
        Assert.Equal("access_denied", answer["error"]);
        Assert.Equal("st-42", answer["state"]);
        Assert.False(answer.ContainsKey("code"));
    }

    [Fact]
    public async Task WrongPasswords_AreExplainedAndThenLockTheAccount()
    {
        var page = await OpenAsync(new());
        await page.GotoAsync(_client.AuthorizeUrl());
        for (var i = 0; i < 2; i++)
        {
            await TypeAsync(page, "not the password");
            await Assertions.Expect(page.GetByRole(AriaRole.Alert))
                .ToHaveTextAsync("The e-mail address or the password is not right. Check both and try again.");
            await Assertions.Expect(page.GetByLabel("E-mail address")).ToHaveValueAsync(LoginSite.Email);
            await Assertions.Expect(page.GetByLabel("Password")).ToBeFocusedAsync();
            await Assertions.Expect(page.GetByLabel("Password")).ToHaveValueAsync("");
        }

        await CheckAsync(page, "desktop", "6-wrong-password", true);
        await TypeAsync(page, "not the password");
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("Too many attempts. Try again in 15 minutes.");
        await CheckAsync(page, "desktop", "7-locked", true);
        await TypeAsync(page, LoginSite.Password);
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Too many attempts.");
        _complaints.Clear(); // The browser notes the answers 422 and 429 as failed loads, which they are.
    }

    [Fact]
    public async Task AnotherAccount_CanBeChosen()
    {
        var page = await OpenAsync(new());
        await SignInAsync(page);
        await page.GetByRole(AriaRole.Link, new() { Name = "Not you?" }).ClickAsync();
        await Assertions.Expect(page.GetByText("You are signed in as ada@example.com.")).ToBeVisibleAsync();
        await CheckAsync(page, "desktop", "8-other-account", true);
        await TypeAsync(page, LoginSite.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Allow" }).ClickAsync();
        Assert.True((await _client.Answer).ContainsKey("code"));
    }

    [Fact]
    public async Task Program_AsksAsWhomToGoOn()
    {
        await _site.AddPersonAsync("grace@example.com", "Grace", "Hopper");
        var page = await OpenAsync(new() { ViewportSize = new() { Width = 360, Height = 740 } });
        await SignInAsync(page);
        await page.GotoAsync(_client.AuthorizeUrl("consent select_account"));
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Choose an account");
        await CheckAsync(page, "narrow", "11-account-choice", true);

        // By keyboard: the person who is signed in comes first, then the others.
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "Continue as Ada Lovelace" })).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "Use another account" })).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.GetByLabel("E-mail address").FillAsync("grace@example.com");
        await page.GetByLabel("Password").FillAsync(LoginSite.Password);
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator(".person")).ToContainTextAsync("Grace Hopper");

        await page.GotoAsync(_client.AuthorizeUrl("consent select_account"));
        await page.SetViewportSizeAsync(1280, 800);
        await CheckAsync(page, "desktop", "11-account-choice", true);
        await page.GetByRole(AriaRole.Link, new() { Name = "Continue as Grace Hopper" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Allow" }).ClickAsync();
        Assert.Equal("st-42", (await _client.Answer)["state"]);
        Assert.NotNull((await _client.ExchangeAsync())["access_token"]);
    }

    [Fact]
    public async Task BrokenLink_IsExplainedAndLeadsNowhere()
    {
        var page = await OpenAsync(new());
        await page.GotoAsync(_client.AuthorizeUrl().Replace("127.0.0.1%3A50", "127.0.0.1%3A60", StringComparison.Ordinal));
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("This sign-in link does not work");
        Assert.StartsWith(_site.Url, page.Url, StringComparison.Ordinal);
        await CheckAsync(page, "desktop", "9-broken-link", true);
        _complaints.Clear(); // The answer is 400, and the browser says so.
    }

    [Fact]
    public async Task Sessions_CanBeEndedFromTheirPage()
    {
        var page = await OpenAsync(new());
        await SignInAsync(page);
        await page.GetByRole(AriaRole.Button, new() { Name = "Allow" }).ClickAsync();
        await _client.ExchangeAsync();
        await page.GotoAsync(_site.Url + "/account/sessions");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out Postern command line" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToHaveTextAsync("Signed out there.");
        await Assertions.Expect(page.GetByText("Postern command line")).ToHaveCountAsync(0);
        await CheckAsync(page, "desktop", "10-session-ended", true);
    }

    private async Task SignInAsync(IPage page)
    {
        await page.GotoAsync(_client.AuthorizeUrl());
        await TypeAsync(page, LoginSite.Password);
    }

    private static async Task TypeAsync(IPage page, string password)
    {
        await page.GetByLabel("E-mail address").FillAsync(LoginSite.Email);
        await page.GetByLabel("Password").FillAsync(password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
    }

    private static async Task CheckAsync(IPage page, string name, string step, bool hasScript)
    {
        await page.ScreenshotAsync(new() { Path = Path.Combine(ChromiumFixture.Screenshots, $"{name}-{step}.png"), FullPage = true });
        if (hasScript)
        {
            await page.AssertAccessibleAsync();
        }
    }

    private async Task<IPage> OpenAsync(BrowserNewContextOptions options)
    {
        var context = await chromium.Browser.NewContextAsync(options);
        _contexts.Add(context);
        context.Request += (_, request) => _requests.Add(request.Url);
        context.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning" && !message.Location.StartsWith(_client.RedirectUri, StringComparison.Ordinal))
            {
                _complaints.Add($"{message.Text} ({message.Location})");
            }
        };
        return await context.NewPageAsync();
    }
}

using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace Postern.Web.Tests;

/// <summary>
/// One person in one browser at a site: signs in, takes pictures, and in the end says that nothing was loaded from elsewhere
/// and that the browser had nothing to complain about.
/// </summary>
internal sealed class Visit : IAsyncDisposable
{
    private readonly ConcurrentBag<string> _requests = [];
    private readonly ConcurrentBag<string> _complaints = [];
    private readonly IBrowserContext _context;
    private readonly string _url;
    private readonly string _name;

    private Visit(IBrowserContext context, IPage page, string url, string name)
    {
        (_context, Page, _url, _name) = (context, page, url, name);
        context.Request += (_, request) => _requests.Add(request.Url);
        context.Response += (_, response) => CheckPolicy(response);
        context.Console += (_, message) =>
        {
            // Answers that are refusals are noted as failed loads, which they are.
            if (message.Type is "error" or "warning" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
            {
                _complaints.Add($"{message.Text} ({message.Location})");
            }
        };
    }

    public IPage Page { get; }

    /// <summary>The four ways in which every page is looked at: name, width, height, dark.</summary>
    public static TheoryData<string, int, int, bool> Looks { get; } = new()
    {
        { "desktop", 1280, 800, false },
        { "desktop-dark", 1280, 800, true },
        { "narrow", 360, 740, false },
        { "narrow-dark", 360, 740, true },
    };

    /// <summary>Two of them that have each width and each scheme once, for pages that are looked at in all four elsewhere.</summary>
    public static TheoryData<string, int, int, bool> TwoLooks { get; } = new()
    {
        { "desktop", 1280, 800, false },
        { "narrow-dark", 360, 740, true },
    };

    public static Task<Visit> BeginAsync(ChromiumFixture chromium, LoginSite site, string name, int width = 1280, int height = 800, bool isDark = false) =>
        BeginAsync(chromium, site.Url, name, width, height, isDark);

    /// <summary>A browser of its own, at a server that is not of this process.</summary>
    public static async Task<Visit> BeginAsync(ChromiumFixture chromium, string url, string name, int width = 1280, int height = 800, bool isDark = false)
    {
        var context = await chromium.Browser.NewContextAsync(new()
        {
            ViewportSize = new() { Width = width, Height = height },
            ColorScheme = isDark ? ColorScheme.Dark : ColorScheme.Light,
        });
        return new Visit(context, await context.NewPageAsync(), url, name);
    }

    public Task GoAsync(string path) => Page.GotoAsync(_url + path);

    public async Task SignInAsync(string email = LoginSite.Email, string password = LoginSite.Password)
    {
        await GoAsync("/login");
        await EnterPasswordAsync(email, password);
        await ExpectHeadingAsync("Your account");
    }

    /// <summary>Fills in the sign-in page that is open.</summary>
    public async Task EnterPasswordAsync(string email, string password = LoginSite.Password)
    {
        await Page.GetByLabel("E-mail address").FillAsync(email);
        await Page.GetByLabel("Password", new() { Exact = true }).FillAsync(password);
        await ClickAsync("Sign in");
    }

    /// <summary>Fills in one field and presses a button.</summary>
    public async Task EnterAsync(string label, string text, string button)
    {
        await Page.GetByLabel(label, new() { Exact = true }).FillAsync(text);
        await ClickAsync(button);
    }

    /// <summary>Sets up an authenticator app on the page for it, from the picture to the recovery codes.</summary>
    public async Task<AuthenticatorPhone> SetUpAppAsync()
    {
        var phone = await AuthenticatorPhone.ScanAsync(Page);
        await EnterAsync("Code of six digits", phone.NextCode(), "Turn on");
        await ExpectHeadingAsync("Keep these recovery codes");
        await FollowAsync("I have kept them");
        return phone;
    }

    public Task ClickAsync(string button) => Page.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).ClickAsync();

    public Task FollowAsync(string link) => Page.GetByRole(AriaRole.Link, new() { Name = link, Exact = true }).ClickAsync();

    /// <summary>Opens a question that opens in its place, and answers it.</summary>
    public async Task ConfirmAsync(string label, string name)
    {
        await Page.Locator("summary").And(Page.GetByLabel($"{label} {name}", new() { Exact = true })).ClickAsync();
        await Page.GetByRole(AriaRole.Button, new() { Name = $"{label} {name} now", Exact = true }).ClickAsync();
    }

    public Task ExpectHeadingAsync(string text) =>
        Assertions.Expect(Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync(text);

    public Task ExpectStatusAsync(string text) => Assertions.Expect(Page.GetByRole(AriaRole.Status)).ToHaveTextAsync(text);

    public Task ExpectAlertAsync(string text) => Assertions.Expect(Page.GetByRole(AriaRole.Alert)).ToContainTextAsync(text);

    /// <summary>Takes a picture of the whole page and asks it whether everybody can use it.</summary>
    public async Task CheckAsync(string step)
    {
        await Page.WaitForLoadStateAsync();
        await Page.ScreenshotAsync(new() { Path = Path.Combine(ChromiumFixture.Screenshots, $"{step}-{_name}.png"), FullPage = true });
        await Page.AssertAccessibleAsync();
    }

    /// <summary>Looks at the open page in all four ways, and comes back to the first.</summary>
    public async Task PictureAsync(string step)
    {
        foreach (var (name, width, height, isDark) in Looks.Reverse().Select(look => ((string)look[0], (int)look[1], (int)look[2], (bool)look[3])))
        {
            await Page.SetViewportSizeAsync(width, height);
            await Page.EmulateMediaAsync(new() { ColorScheme = isDark ? ColorScheme.Dark : ColorScheme.Light });
            await Page.ScreenshotAsync(new() { Path = Path.Combine(ChromiumFixture.Screenshots, $"{step}-{name}.png"), FullPage = true });
            await Page.AssertAccessibleAsync();
        }
    }

    /// <summary>No page of ours runs a script but the one for passkeys, or takes anything from elsewhere, or can be framed (CSP level 3).</summary>
    private void CheckPolicy(IResponse response)
    {
        if (response.Request.ResourceType != "document" || response.Status is >= 300 and < 400 || !response.Url.StartsWith(_url + "/", StringComparison.Ordinal))
        {
            return;
        }

        const string known = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";
        var policy = response.Headers.GetValueOrDefault("content-security-policy", "none");
        var rest = policy.StartsWith(known, StringComparison.Ordinal) ? policy[known.Length..].Split(';') : ["?"];

        // The page of consent alone has a form that leads elsewhere: to the client on this computer.
        var isOurs = (rest[0].Length == 0 || rest[0].StartsWith(" http://127.0.0.1:50", StringComparison.Ordinal))
            && (rest.Length == 1 || rest is [_, " script-src 'self'"]);
        if (!isOurs)
        {
            _complaints.Add($"{response.Url} has the policy {policy}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _context.DisposeAsync();
        Assert.All(_requests, url => Assert.True(
            url.StartsWith(_url + "/", StringComparison.Ordinal) || PersonalCommandLine.IsLoginPage(url), url));
        Assert.Empty(_complaints);
    }
}

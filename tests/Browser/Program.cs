// Signs in as a person would, in a real headless Chromium: opens the URL that the CLI printed, types e-mail and password,
// allows the command line to act, and waits for the page that says so. The password comes by standard input.
//
//   postern-browser URL EMAIL [SCREENSHOT-FOLDER]
using Microsoft.Playwright;

if (args.Length < 2)
{
    await Console.Error.WriteLineAsync("Usage: postern-browser URL EMAIL [SCREENSHOT-FOLDER]  (password on standard input)");
    return 2;
}

var (url, email, folder) = (args[0], args[1], args.Length > 2 ? args[2] : null);
var password = await Console.In.ReadLineAsync() ?? "";
using var playwright = await Playwright.CreateAsync();
await using var browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
{
    ExecutablePath = Environment.GetEnvironmentVariable("CHROMIUM") ?? "/usr/bin/chromium",
    Args =
    [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ],
});
var page = await browser.NewPageAsync();
page.SetDefaultTimeout(20_000);
try
{
    await page.GotoAsync(url);
    await ShowAsync("1-sign-in");
    await page.GetByLabel("E-mail").FillAsync(email);
    await page.GetByLabel("Password").FillAsync(password);
    await page.Keyboard.PressAsync("Enter");

    var allow = page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Allow" });
    await allow.WaitForAsync();
    await ShowAsync("2-consent");
    await allow.ClickAsync();

    await page.GetByText("You can return to the command line").WaitForAsync();
    await ShowAsync("3-done");
    return 0;
}
catch (Exception exception) when (exception is PlaywrightException or TimeoutException)
{
    await Console.Error.WriteLineAsync($"The browser stopped at {page.Url.Split('?')[0]} ({await page.TitleAsync()}): {exception.Message.Split('\n')[0]}");
    await Console.Error.WriteLineAsync(await page.InnerTextAsync("body"));
    return 1;
}

async Task ShowAsync(string name)
{
    await Console.Out.WriteLineAsync($"page: {await page.TitleAsync()}");
    if (folder is not null)
    {
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, name + ".png"), FullPage = true });
    }
}

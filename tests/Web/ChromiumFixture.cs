using Microsoft.Playwright;

namespace Postern.Web.Tests;

/// <summary>Debian's own Chromium, one for all tests; each test opens a context of its own.</summary>
public sealed class ChromiumFixture : IAsyncLifetime
{
    private const string Executable = "/usr/bin/chromium";

    /// <summary>How long is waited for what a page must come to show.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private IPlaywright? _playwright;

    public IBrowser Browser { get; private set; } = null!;

    /// <summary>Where screenshots go: POSTERN_SCREENSHOTS, or artifacts/screenshots beside the solution, which Git does not see.</summary>
    public static string Screenshots { get; } = System.IO.Directory.CreateDirectory(
        Environment.GetEnvironmentVariable("POSTERN_SCREENSHOTS")
        ?? Path.Combine(FindRoot(), "artifacts", "screenshots")).FullName;

    public async Task InitializeAsync()
    {
        if (!File.Exists(Executable))
        {
            throw new InvalidOperationException("Chromium is not installed; run: apt-get install chromium");
        }

        // Five seconds, as it is otherwise, are few on a machine that has much else to do.
        Assertions.SetDefaultExpectTimeout((float)Patience.TotalMilliseconds);
        _playwright = await Playwright.CreateAsync();
        Browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Executable,
            Headless = true,
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync",
            ],
        });
    }

    public async Task DisposeAsync()
    {
        if (Browser is not null)
        {
            await Browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Postern.slnx")))
            {
                return folder.FullName;
            }
        }

        return AppContext.BaseDirectory;
    }
}

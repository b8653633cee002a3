using System.Diagnostics;
using Microsoft.Playwright;

namespace Postern.Web.Tests;

/// <summary>Reads the QR code of a page as a phone does: from a picture of the screen, with zbar.</summary>
internal static class QrPicture
{
    private const string Program = "/usr/bin/zbarimg";

    public static async Task<string> ScanAsync(IPage page)
    {
        if (!File.Exists(Program))
        {
            throw new InvalidOperationException("zbarimg is not installed; run: apt-get install zbar-tools");
        }

        var picture = Path.Combine(Path.GetTempPath(), $"postern-qr-{Guid.NewGuid():N}.png");
        await page.ScreenshotAsync(new() { Path = picture, FullPage = true });
        try
        {
            var start = new ProcessStartInfo(Program) { RedirectStandardOutput = true, RedirectStandardError = true };
            foreach (var argument in (string[])["--quiet", "--raw", "--nodbus", "-S*.disable", "-Sqrcode.enable", picture])
            {
                start.ArgumentList.Add(argument);
            }

            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync();
            var text = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.True(process.ExitCode == 0, $"zbarimg ended with {process.ExitCode}: {await errors}");
            return text.Trim();
        }
        finally
        {
            File.Delete(picture);
        }
    }
}

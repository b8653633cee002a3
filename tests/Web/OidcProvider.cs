using System.Diagnostics;

namespace Postern.Web.Tests;

/// <summary>The certified program oidc-provider, run as a provider of ours would be; test.sh installs it as its lock file says.</summary>
internal sealed class OidcProvider : IAsyncDisposable
{
    public const string ClientId = "postern";
    public const string Secret = "a secret of the tests: +/&=%";

    private readonly Process _process;

    private OidcProvider(Process process, string issuer) => (_process, Issuer) = (process, issuer);

    public string Issuer { get; }

    /// <summary>Starts one that sends people back to this address.</summary>
    public static async Task<OidcProvider> StartAsync(string redirectUri)
    {
        var folder = Path.Combine(Repository.Root, "artifacts", "oidc-provider");
        if (!File.Exists(Path.Combine(folder, "provider.mjs")))
        {
            throw new InvalidOperationException("The provider is not installed; ./test.sh web does it.");
        }

        var port = Ports.Free();
        var process = Programs.Start("node", [Path.Combine(folder, "provider.mjs"), $"{port}", ClientId, Secret, redirectUri]);
        process.ErrorDataReceived += static (_, _) => { }; // Its warnings must not fill the pipe.
        process.BeginErrorReadLine();
        var provider = new OidcProvider(process, $"http://127.0.0.1:{port}");
        await provider.ReadAsync("ready");
        return provider;
    }

    /// <summary>The person is no longer known there.</summary>
    public async Task DeactivateAsync(string name)
    {
        await _process.StandardInput.WriteLineAsync(name);
        await _process.StandardInput.FlushAsync();
        await ReadAsync($"deactivated {name}");
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    /// <summary>Waits for a line; between them the program notes what it does.</summary>
    private async Task ReadAsync(string expected)
    {
        while (await _process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60)) is var line && line != expected)
        {
            Assert.True(line is not null, $"the provider ended before it said '{expected}'");
        }
    }
}

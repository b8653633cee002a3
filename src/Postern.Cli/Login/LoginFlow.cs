using Postern.Cli.CommandLine;
using Postern.Cli.Configuration;
using Postern.Cli.Hosting;
using Postern.Cli.Sessions;
using Postern.Contracts.Api;

namespace Postern.Cli.Login;

/// <summary>What follows a successful sign-in: the old session goes, the certificate and the ssh configuration come.</summary>
internal sealed class LoginFlow(Invocation invocation)
{
    private bool _wasOffered;

    /// <summary>Whether a person can be asked to log in now; once for each command, so that a login that does not help is not asked for again.</summary>
    public bool CanOffer => !_wasOffered
        && invocation.Terminal.IsInteractive
        && invocation.Config is { IsBrowserLogin: true, AccessToken: null, BaseUrl: not null }
        && invocation.Session.ApiToken is null;

    /// <summary>Says why a login is needed, asks, and runs it.</summary>
    /// <param name="reason">Why, in one sentence.</param>
    /// <param name="stepUp">What the sign-in has to be like, when the server said so (RFC 9470).</param>
    /// <param name="cancellation">Ends the wait for the person.</param>
    /// <returns>True when the person logged in.</returns>
    public async Task<bool> OfferAsync(string reason, StepUp? stepUp, CancellationToken cancellation)
    {
        if (!CanOffer)
        {
            return false;
        }

        _wasOffered = true;
        invocation.Terminal.Say(reason);
        if (!invocation.Terminal.Confirm("Log in via a browser?"))
        {
            return false;
        }

        await RunBrowserAsync(new BrowserLoginRequest(IsForced: false, stepUp?.Methods ?? [], stepUp?.MaxAgeSeconds, null), cancellation);
        return true;
    }

    /// <summary>Signs in through the browser and finishes.</summary>
    public async Task RunBrowserAsync(BrowserLoginRequest request, CancellationToken cancellation)
    {
        var browser = new BrowserLogin(invocation.Host, invocation.Config, invocation.OAuth, invocation.Processes, invocation.Terminal);
        var tokens = await browser.RunAsync(request, cancellation);
        await ReplaceSessionAsync(tokens, cancellation);
        await FinishAsync(cancellation);
    }

    /// <summary>Signs in by a code that is allowed in the browser of another device, and finishes.</summary>
    public async Task RunDeviceAsync(BrowserLoginRequest request, bool isPiped, CancellationToken cancellation)
    {
        var device = new DeviceLogin(invocation.Host, invocation.OAuth, invocation.Terminal);
        var tokens = await device.RunAsync(request, isPiped, cancellation);
        await ReplaceSessionAsync(tokens, cancellation);
        await FinishAsync(cancellation);
    }

    /// <summary>Revokes the session there was and keeps the new tokens.</summary>
    public async Task ReplaceSessionAsync(StoredTokens tokens, CancellationToken cancellation)
    {
        var store = invocation.Session.Store;
        StoredTokens? old;
        try
        {
            old = store.LoadTokens();
        }
        catch (CliException)
        {
            // A damaged file has nothing to revoke; the login mends it.
            old = null;
        }

        if (old is not null && await invocation.OAuth.RevokeAsync(old, cancellation) is { } fault)
        {
            invocation.Terminal.SayVerbose($"The previous session could not be revoked: {fault}");
        }

        store.DeleteAll();
        if (invocation.Server is { } server)
        {
            ServerLayer.Save(invocation.Directory, server);
        }

        invocation.Session.Save(tokens);
        if (string.IsNullOrEmpty(tokens.RefreshToken) && invocation.Session.ApiToken is null)
        {
            invocation.Terminal.Say("No refresh token is available. This will cause frequent login errors.");
        }
    }

    /// <summary>Certificate, ssh configuration and a greeting.</summary>
    public async Task FinishAsync(CancellationToken cancellation)
    {
        var terminal = invocation.Terminal;
        terminal.Say("You are logged in.");
        invocation.SshConfig.WriteHostKeys();
        if (invocation.Config.AutoLoadCertificate)
        {
            terminal.Say();
            terminal.Say("Generating SSH certificate...");
            try
            {
                await invocation.Certificates.LoadAsync(isNewWanted: true, cancellation);
                terminal.Say("A new SSH certificate has been generated.");
                terminal.Say("It will be automatically refreshed when necessary.");
            }
            catch (CliException exception)
            {
                terminal.Say($"Failed to generate SSH certificate: {exception.Message}");
            }
        }

        invocation.SshConfig.WriteSession(invocation.Certificates.Files);
        invocation.SshConfig.OfferUserConfig();
        var user = await invocation.Api.GetAsync("/users/me", ApiJsonContext.Default.UserProfile, cancellation);
        terminal.Say();
        terminal.Say($"Username: {user.Username}");
        terminal.Say($"Email address: {user.Email}");
    }
}

using Postern.Cli.Hosting;
using Postern.Cli.Sessions;
using Postern.Cli.Terminals;

namespace Postern.Cli.Login;

/// <summary>The device flow (RFC 8628): shows an address and a code, and waits until a person has allowed it in some browser.</summary>
internal sealed class DeviceLogin(CliHost host, OAuthClient oauth, Terminal terminal)
{
    /// <summary>Seconds between two questions when the server names none, and what each slow_down adds (RFC 8628 sections 3.2 and 3.5).</summary>
    private const int DefaultInterval = 5;

    /// <summary>The longest wait between two questions that a server may ask for: a person sits there.</summary>
    private const int LongestInterval = 60;

    /// <summary>The longest that this command waits, whatever the server says.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <summary>Waits for the approval and returns the tokens, which are not stored yet.</summary>
    public async Task<StoredTokens> RunAsync(BrowserLoginRequest request, bool isPiped, CancellationToken cancellation)
    {
        var codes = await oauth.BeginDeviceAsync(request, cancellation);
        var complete = codes.VerificationUriComplete ?? codes.VerificationUri;
        if (isPiped || terminal.IsQuiet)
        {
            terminal.WriteLine(complete);
        }

        Announce(codes.VerificationUri, codes.UserCode, complete);
        var interval = Math.Clamp(codes.Interval ?? DefaultInterval, 1, LongestInterval);
        var wait = TimeSpan.FromSeconds(Math.Clamp(codes.ExpiresIn, 0, (long)Longest.TotalSeconds));
        var end = host.Time.GetUtcNow() + wait;
        while (host.Time.GetUtcNow() < end)
        {
            await Task.Delay(TimeSpan.FromSeconds(interval), host.Time, cancellation);
            TokenOutcome outcome;
            try
            {
                outcome = await oauth.ExchangeDeviceCodeAsync(codes.DeviceCode, cancellation);
            }
            catch (CliException exception) when (exception.ExitCode == ExitCode.ConnectionFailed)
            {
                // RFC 8628 section 3.5: the network may come back while the code still holds; ask less often meanwhile.
                terminal.SayVerbose(exception.Message);
                interval = Math.Min(interval * 2, LongestInterval);
                continue;
            }

            if (outcome.Tokens is { } tokens)
            {
                return tokens;
            }

            switch (outcome.Answer.Field("error"))
            {
                case "authorization_pending":
                    break;
                case "slow_down":
                    interval = Math.Min(interval + DefaultInterval, LongestInterval);
                    break;
                case "access_denied":
                    throw CliException.Failure($"The login was denied: {outcome.Answer.Describe()}");
                case "expired_token":
                    throw TooLate();
                default:
                    throw CliException.Failure($"The login server did not accept the device code: {outcome.Answer.Describe()}\nPlease try again.");
            }
        }

        throw TooLate();
    }

    private static CliException TooLate() => CliException.Failure("Nobody allowed the login in time. Please try again.");

    private void Announce(string page, string code, string complete)
    {
        terminal.Say("Please open this page in a browser on any device and enter the code:");
        terminal.Say();
        terminal.Say($"  Page: {page}");
        terminal.Say($"  Code: {code}");
        terminal.Say();
        terminal.Say("Or open the page with the code in it, and compare the two:");
        terminal.Say($"  {complete}");
        terminal.Say();
        terminal.Say("Waiting. Leave this command running; if you need to quit, use Ctrl+C.");
    }
}

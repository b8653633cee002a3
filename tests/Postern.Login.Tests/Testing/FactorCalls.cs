using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Postern.Directory.Factors;
using Postern.Directory.Organizations;

namespace Postern.Login.Tests.Testing;

/// <summary>What people do with second factors, on the pages as they are.</summary>
internal static partial class FactorCalls
{
    public const string SecurityPage = "/account/security";
    public const string AuthenticatorPage = "/account/security/authenticator";
    public const string AddPasskeyPage = "/account/security/passkeys/new";
    public const string RecoveryPage = "/account/security/recovery-codes";

    /// <summary>Opens a page, takes the form that goes to an address, and posts it with these fields in place of its own.</summary>
    public static async Task<HttpResponseMessage> SubmitFormAsync(
        this Browser browser, string pageUrl, string action, params (string Name, string Value)[] fields) =>
        await browser.PostFormAsync(await (await browser.GetAsync(pageUrl)).Content.ReadAsStringAsync(), action, fields);

    /// <summary>The same of a page that is there already.</summary>
    public static Task<HttpResponseMessage> PostFormAsync(
        this Browser browser, string page, string action, params (string Name, string Value)[] fields)
    {
        var names = fields.Select(f => f.Name).ToHashSet(StringComparer.Ordinal);
        var hidden = Forms(page).Where(f => f.Action == action).SelectMany(f => Browser.HiddenFields(f.Html));
        return browser.PostAsync(action, [.. hidden.Where(f => !names.Contains(f.Name)), .. fields]);
    }

    /// <summary>The options that a page has for the browser's authenticator.</summary>
    public static string PasskeyOptions(string page) => WebUtility.HtmlDecode(Options().Match(page).Groups[1].Value);

    public static string FieldOf(string page, string action, string name) =>
        Forms(page).Where(f => f.Action == action).SelectMany(f => Browser.HiddenFields(f.Html)).First(f => f.Name == name).Value;

    /// <summary>A browser that is signed in with the password.</summary>
    public static async Task<Browser> SignedInAsync(this LoginServer server, string password = LoginServer.Password)
    {
        var browser = server.Browser();
        Assert.Equal(HttpStatusCode.SeeOther, (await browser.SignInAsync(password: password)).StatusCode);
        return browser;
    }

    /// <summary>Sets up an authenticator app as a person does; the answer is its secret and the recovery codes.</summary>
    public static async Task<(byte[] Secret, IReadOnlyList<string> Codes)> AddAuthenticatorAsync(this Browser browser, LoginServer server)
    {
        var page = await browser.PageAsync(AuthenticatorPage);
        var secret = SecretOf(page);
        var response = await browser.PostFormAsync(page, AuthenticatorPage, ("code", Totp.CodeAt(secret, server.Clock.GetUtcNow())));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        server.Clock.Advance(Totp.Step); // The code of now is used up.
        return (secret, CodesOf(await response.Content.ReadAsStringAsync()));
    }

    /// <summary>Adds a passkey as a browser does.</summary>
    public static async Task<HttpResponseMessage> AddPasskeyAsync(this Browser browser, SoftwareAuthenticator authenticator, string name = "Laptop")
    {
        var page = await browser.PageAsync(AddPasskeyPage);
        return await browser.PostFormAsync(page, AddPasskeyPage, ("name", name), ("credential", authenticator.Register(PasskeyOptions(page))));
    }

    /// <summary>The password, and then a code.</summary>
    public static async Task<HttpResponseMessage> SignInWithCodeAsync(this Browser browser, string code, string method = "code")
    {
        var first = await browser.SignInAsync();
        Assert.StartsWith("/login/factor?", first.Headers.Location!.OriginalString, StringComparison.Ordinal);
        return await browser.SubmitFormAsync("/login/factor?method=" + method, "/login/factor", ("method", method), ("code", code));
    }

    public static async Task<HttpResponseMessage> SignInWithPasskeyAsync(this Browser browser, SoftwareAuthenticator authenticator)
    {
        var page = await browser.PageAsync("/login");
        return await browser.PostFormAsync(page, "/login/passkey", ("credential", authenticator.Assert(PasskeyOptions(page))));
    }

    /// <summary>An organization of the test user's that asks for a second factor.</summary>
    public static Task<int> RequireMfaAsync(this LoginServer server) => server.QueryAsync(context =>
    {
        context.Add(new Organization
        {
            Id = OrganizationId.Create(server.Clock),
            Name = "acme",
            Label = "Acme",
            OwnerId = server.User.Id,
            RequiresMfa = true,
            CreatedAt = server.Clock.GetUtcNow(),
            UpdatedAt = server.Clock.GetUtcNow(),
        });
        return context.SaveChangesAsync();
    });

    /// <summary>A whole log-in of the command line from a browser that is signed in: the token response.</summary>
    public static async Task<JsonObject> LogInWithBrowserAsync(this LoginServer server, Browser browser, string? url = null)
    {
        var response = await server.ExchangeCodeAsync((await browser.AllowAsync(url))["code"]);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.JsonAsync();
    }

    public static async Task<string> PageAsync(this Browser browser, string url)
    {
        var response = await browser.GetAsync(url);
        Assert.True(response.StatusCode == HttpStatusCode.OK, $"{url}: {response.StatusCode} {response.Headers.Location}");
        return await response.Content.ReadAsStringAsync();
    }

    public static async Task<string> TextAsync(this HttpResponseMessage response) => WebUtility.HtmlDecode(await response.Content.ReadAsStringAsync());

    public static byte[] SecretOf(string page) => FromBase32(Secret().Match(page).Groups[1].Value.Replace(" ", "", StringComparison.Ordinal));

    public static IReadOnlyList<string> CodesOf(string page) => [.. RecoveryCode().Matches(page).Select(m => m.Value)];

    private static IEnumerable<(string Action, string Html)> Forms(string page) =>
        Form().Matches(page).Select(m => (WebUtility.HtmlDecode(m.Groups[1].Value), m.Value));

    // The way back from RFC 4648, written apart from the way there.
    private static byte[] FromBase32(string text)
    {
        var bits = string.Concat(text.Select(c => Convert.ToString("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(c, StringComparison.Ordinal), 2).PadLeft(5, '0')));
        return [.. bits.Chunk(8).Where(b => b.Length == 8).Select(b => Convert.ToByte(new string(b), 2))];
    }

    [GeneratedRegex("<form method=\"post\" action=\"([^\"]*)\".*?</form>", RegexOptions.Singleline, 1000)]
    private static partial Regex Form();

    [GeneratedRegex("data-options=\"([^\"]*)\"", RegexOptions.None, 1000)]
    private static partial Regex Options();

    [GeneratedRegex("class=\"app-secret\"><code>([A-Z2-7 ]+)</code>", RegexOptions.None, 1000)]
    private static partial Regex Secret();

    [GeneratedRegex("\\b[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}\\b", RegexOptions.None, 1000)]
    private static partial Regex RecoveryCode();
}

using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Postern.Bench.Login;

/// <summary>Requests of browsers and command lines, each from the address that it is told to come from.</summary>
internal sealed partial class Visitor(Uri server) : IDisposable
{
    private static int _addresses;

    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = server };

    /// <summary>An address that no other request of this run came from.</summary>
    public static string NewAddress()
    {
        var number = Interlocked.Increment(ref _addresses);
        return string.Create(CultureInfo.InvariantCulture, $"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}");
    }

    /// <summary>The hidden fields and cookies of a page.</summary>
    public async Task<(Dictionary<string, string> Fields, string Cookies)> OpenAsync(string url, string cookies = "")
    {
        using var answer = await SendAsync(HttpMethod.Get, url, null, NewAddress(), cookies);
        var page = await answer.Content.ReadAsStringAsync();
        var fields = HiddenField().Matches(page).DistinctBy(m => m.Groups["name"].Value)
            .ToDictionary(m => m.Groups["name"].Value, m => WebUtility.HtmlDecode(m.Groups["value"].Value));
        return (fields, Merge(cookies, answer));
    }

    /// <summary>Signs in with the form of the page; returns the browser's cookies.</summary>
    public async Task<string> SignInAsync((Dictionary<string, string> Fields, string Cookies) page, int account)
    {
        var fields = new Dictionary<string, string>(page.Fields) { ["email"] = LoginServer.EmailOf(account), ["password"] = LoginServer.Password };
        using var answer = await SendAsync(HttpMethod.Post, "/login", new FormUrlEncodedContent(fields), NewAddress(), page.Cookies);
        return answer.StatusCode == HttpStatusCode.SeeOther ? Merge(page.Cookies, answer) : throw Failed("sign-in", answer);
    }

    /// <summary>Allows the command line and exchanges the code; returns the refresh token.</summary>
    public async Task<string> LogInAsync(int account)
    {
        const string Url = "/oauth2/authorize?response_type=code&client_id=postern-cli&redirect_uri=http%3A%2F%2F127.0.0.1%3A5000&scope=offline_access"
            + "&code_challenge_method=S256&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"; // RFC 7636 appendix B
        var cookies = await SignInAsync(await OpenAsync("/login"), account);
        var page = await OpenAsync(Url, cookies);
        page.Fields["decision"] = "allow";
        using var answer = await SendAsync(HttpMethod.Post, Url, new FormUrlEncodedContent(page.Fields), NewAddress(), page.Cookies);
        var code = System.Web.HttpUtility.ParseQueryString((answer.Headers.Location ?? throw Failed("consent", answer)).Query)["code"]!;
        return (await TokenAsync(new()
        {
            ["grant_type"] = "authorization_code",
            ["code"] = code,
            ["redirect_uri"] = "http://127.0.0.1:5000",
            ["code_verifier"] = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        }, NewAddress())).GetProperty("refresh_token").GetString()!;
    }

    public async Task<string> RefreshAsync(string token, string address) =>
        (await TokenAsync(new() { ["grant_type"] = "refresh_token", ["refresh_token"] = token }, address)).GetProperty("refresh_token").GetString()!;

    public async Task<string> ExchangeApiTokenAsync(string token, string address) =>
        (await TokenAsync(new() { ["grant_type"] = "api_token", ["api_token"] = token }, address)).GetProperty("access_token").GetString()!;

    public async Task CertifyAsync(string accessToken, string key, string address)
    {
        using var body = new StringContent($"{{\"key\":\"{key}\"}}", System.Text.Encoding.UTF8, "application/json");
        using var answer = await SendAsync(HttpMethod.Post, "/ssh", body, address, "", accessToken);
        if (!answer.IsSuccessStatusCode)
        {
            throw Failed("certificate", answer);
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<JsonElement> TokenAsync(Dictionary<string, string> fields, string address)
    {
        fields["client_id"] = "postern-cli";
        using var answer = await SendAsync(HttpMethod.Post, "/oauth2/token", new FormUrlEncodedContent(fields), address, "");
        if (!answer.IsSuccessStatusCode)
        {
            throw Failed("token", answer);
        }

        using var document = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return document.RootElement.Clone();
    }

    private Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string url, HttpContent? content, string address, string cookies, string? bearer = null)
    {
        var request = new HttpRequestMessage(method, url) { Content = content };
        request.Headers.Add("X-Forwarded-For", address);
        request.Headers.Add("X-Forwarded-Proto", "https");
        if (cookies.Length > 0)
        {
            request.Headers.Add("Cookie", cookies);
        }

        if (bearer is not null)
        {
            request.Headers.Authorization = new("Bearer", bearer);
        }

        return _http.SendAsync(request);
    }

    private static string Merge(string cookies, HttpResponseMessage answer)
    {
        var jar = cookies.Split("; ", StringSplitOptions.RemoveEmptyEntries).ToDictionary(c => c.Split('=')[0]);
        foreach (var cookie in answer.Headers.TryGetValues("Set-Cookie", out var set) ? set : [])
        {
            jar[cookie.Split('=')[0]] = cookie.Split(';')[0];
        }

        return string.Join("; ", jar.Values);
    }

    private static InvalidOperationException Failed(string what, HttpResponseMessage answer) =>
        new($"a {what} was answered with {(int)answer.StatusCode} {answer.Content.ReadAsStringAsync().GetAwaiter().GetResult()}");

    [GeneratedRegex("<input type=\"hidden\" name=\"(?<name>[^\"]*)\" value=\"(?<value>[^\"]*)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HiddenField();
}

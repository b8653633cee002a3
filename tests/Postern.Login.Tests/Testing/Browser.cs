using System.Net;
using System.Text.RegularExpressions;

namespace Postern.Login.Tests.Testing;

/// <summary>A browser as far as these tests need one: it keeps cookies, follows no redirect by itself, and fills in forms.</summary>
internal sealed partial class Browser(HttpMessageHandler handler)
{
    private readonly HttpClient _client = new(handler) { BaseAddress = new Uri(LoginServer.Issuer) };
    private readonly CookieContainer _cookies = new();

    /// <summary>The address that requests seem to come from.</summary>
    public string Address { get; set; } = "192.0.2.1";

    /// <summary>The body that the server has to wait for (<see cref="LoginServer.Hold"/>), or null.</summary>
    public string? Held { get; set; }

    public IReadOnlyList<string> LastSetCookies { get; private set; } = [];

    public string Cookie(string name) => _cookies.GetCookies(_client.BaseAddress!)[name]?.Value ?? "";

    /// <summary>All cookies, as they are sent.</summary>
    public string CookieHeader => _cookies.GetCookieHeader(_client.BaseAddress!);

    public void SetCookie(string name, string value) =>
        _cookies.Add(new Cookie(name, value, "/", _client.BaseAddress!.Host) { Secure = true });

    public Task<HttpResponseMessage> GetAsync(string url) => SendAsync(new HttpRequestMessage(HttpMethod.Get, url));

    public Task<HttpResponseMessage> PostAsync(string url, params (string Name, string Value)[] fields) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Post, url)
        {
            Content = new FormUrlEncodedContent(fields.Select(f => KeyValuePair.Create(f.Name, f.Value))),
        });

    public Task<HttpResponseMessage> PostAsync(string url, HttpContent content) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Post, url) { Content = content });

    /// <summary>Opens a page and posts its form with these fields beside the hidden ones.</summary>
    public async Task<HttpResponseMessage> SubmitAsync(string pageUrl, string formUrl, params (string Name, string Value)[] fields)
    {
        var page = await (await GetAsync(pageUrl)).Content.ReadAsStringAsync();
        return await PostAsync(formUrl, [.. HiddenFields(page), .. fields]);
    }

    public async Task<HttpResponseMessage> SignInAsync(
        string email = LoginServer.Email, string password = LoginServer.Password, string page = "/login") =>
        await SubmitAsync(page, "/login", ("email", email), ("password", password));

    public static IEnumerable<(string Name, string Value)> HiddenFields(string page) =>
        HiddenField().Matches(page).Select(m => (m.Groups[1].Value, WebUtility.HtmlDecode(m.Groups[2].Value))).DistinctBy(f => f.Item1);

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request)
    {
        request.Headers.Add("X-Test-Address", Address);
        if (Held is not null)
        {
            request.Headers.Add(HeldBody.Header, Held);
        }

        var header = _cookies.GetCookieHeader(_client.BaseAddress!);
        if (header.Length > 0)
        {
            request.Headers.Add("Cookie", header);
        }

        var response = await _client.SendAsync(request);
        LastSetCookies = response.Headers.TryGetValues("Set-Cookie", out var values) ? [.. values] : [];
        foreach (var cookie in LastSetCookies)
        {
            _cookies.SetCookies(_client.BaseAddress!, cookie);
        }

        return response;
    }

    [GeneratedRegex("<input type=\"hidden\" name=\"([^\"]*)\" value=\"([^\"]*)\"", RegexOptions.None, 1000)]
    private static partial Regex HiddenField();
}

using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Postern.EndToEnd;

/// <summary>A person with a browser and a command line, by plain HTTP: fills in the pages' forms and exchanges codes.</summary>
internal sealed partial class Person : IDisposable
{
    private const string Verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"; // RFC 7636 appendix B, with its challenge.

    private const string Authorize = "/oauth2/authorize?response_type=code&client_id=postern-cli&redirect_uri=http%3A%2F%2F127.0.0.1%3A5000"
        + "&scope=offline_access&code_challenge_method=S256&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false });

    /// <summary>Signs in and allows the command line; returns the answer with the tokens.</summary>
    public async Task<JsonElement> LogInAsync(string server, string email, string password)
    {
        await SubmitAsync(server, "/login", "/login", ("email", email), ("password", password));
        using var allowed = await SubmitAsync(server, Authorize, Authorize, ("decision", "allow"));
        var code = System.Web.HttpUtility.ParseQueryString(allowed.Headers.Location!.Query)["code"]!;
        var (status, tokens) = await TokenAsync(
            server, ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", "http://127.0.0.1:5000"), ("code_verifier", Verifier));
        Assert.Equal(HttpStatusCode.OK, status);
        return tokens;
    }

    /// <summary>Opens a page and submits its form with these fields beside the hidden ones; it must lead on.</summary>
    public async Task<HttpResponseMessage> SubmitAsync(string server, string page, string form, params (string Name, string Value)[] fields)
    {
        var html = await _http.GetStringAsync(new Uri(server + page));
        var hidden = HiddenField().Matches(html).DistinctBy(m => m.Groups[1].Value).Select(m => (m.Groups[1].Value, WebUtility.HtmlDecode(m.Groups[2].Value)));
        var answer = await PostAsync(server + form, [.. hidden, .. fields]);
        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        return answer;
    }

    public Task<(HttpStatusCode Status, JsonElement Json)> RefreshAsync(string server, string token) =>
        TokenAsync(server, ("grant_type", "refresh_token"), ("refresh_token", token));

    public async Task RevokeAsync(string server, string token)
    {
        using var answer = await PostAsync(server + "/oauth2/revoke", [("client_id", "postern-cli"), ("token", token)]);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    public async Task<HttpStatusCode> AskWhoIAmAsync(string server, string accessToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, server + "/users/me");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        using var answer = await _http.SendAsync(request);
        return answer.StatusCode;
    }

    public async Task<string> CertifyAsync(string server, string accessToken, string publicKey)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, server + "/ssh")
        {
            Content = new StringContent(JsonSerializer.Serialize(new { key = publicKey }), System.Text.Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        using var answer = await _http.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return json.RootElement.GetProperty("certificate").GetString()!;
    }

    public void Dispose() => _http.Dispose();

    private async Task<(HttpStatusCode Status, JsonElement Json)> TokenAsync(string server, params (string Name, string Value)[] fields)
    {
        using var answer = await PostAsync(server + "/oauth2/token", [.. fields, ("client_id", "postern-cli")]);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return (answer.StatusCode, json.RootElement.Clone());
    }

    private Task<HttpResponseMessage> PostAsync(string url, (string Name, string Value)[] fields) =>
        _http.PostAsync(url, new FormUrlEncodedContent(fields.Select(f => KeyValuePair.Create(f.Name, f.Value))));

    [GeneratedRegex("<input type=\"hidden\" name=\"([^\"]*)\" value=\"([^\"]*)\"", RegexOptions.None, 1000)]
    private static partial Regex HiddenField();
}

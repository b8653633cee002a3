using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Postern.Directory.Storage;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.Attacks;

/// <summary>Text that headers and databases do not take, and what is left of a request that meets a fault of ours.</summary>
[Collection(DatabaseCollection.Name)]
public sealed class HostileInputTests(PostgreSqlServer postgreSql)
{
    private const string FaultLine = "failed at";

    [Theory]
    [InlineData(DirectoryOptions.Sqlite)]
    [InlineData(DirectoryOptions.PostgreSql)]
    public async Task Address_WithAByteZero_IsAnUnknownOne(string provider)
    {
        await using var server = await LoginServer.StartAsync(provider, postgreSql);
        var browser = server.Browser();
        var fields = Browser.HiddenFields(await browser.PageAsync("/login")).Append(("password", "x"));
        var body = string.Join('&', fields.Select(f => $"{f.Item1}={Uri.EscapeDataString(f.Item2)}")) + "&email=ada@example.com\0";
        var answer = await browser.PostAsync("/login", new StringContent(body, Encoding.UTF8, "application/x-www-form-urlencoded"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Contains("The e-mail address or the password is not right.", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DirectoryOptions.Sqlite, "\\u0000")]
    [InlineData(DirectoryOptions.PostgreSql, "\\u0000")]
    [InlineData(DirectoryOptions.PostgreSql, "\\ud800")]
    [InlineData(DirectoryOptions.PostgreSql, "abcdefghijklmn\\u0000")]
    public async Task ProjectOfAToken_ThatIsNoId_IsRefused(string provider, string project)
    {
        await using var server = await LoginServer.StartAsync(provider, postgreSql);
        var access = (await server.LogInAsync()).Text("access_token");
        using var client = server.Client();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", access);
        using var content = new StringContent($$"""{"name": "t", "project": "{{project}}"}""", Encoding.UTF8, "application/json");
        using var answer = await client.PostAsync($"/users/{server.User.Id}/api-tokens", content);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.DoesNotContain(server.Log.Lines, line => line.Contains(FaultLine, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/device?ü")]
    [InlineData("/oauth2/authorize?state=ü")]
    [InlineData("/account/sessions?return_url=/device?ü")]
    [InlineData("/device?\u007f")]
    [InlineData("/device? ")]
    public async Task ReturnUrl_ThatNoHeaderTakes_LeadsToTheAccount(string returnUrl)
    {
        await using var server = await LoginServer.StartAsync();
        var browser = server.Browser();
        var answer = await browser.SignInAsync(page: "/login?return_url=" + Uri.EscapeDataString(returnUrl));
        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        Assert.StartsWith("/account", answer.Headers.Location!.OriginalString, StringComparison.Ordinal);
        Assert.All(answer.Headers.Location.OriginalString, c => Assert.InRange(c, '!', '~'));
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/account")).StatusCode);
    }

    [Fact]
    public async Task Fault_GivesPeopleAPageAndTheLogOneLine()
    {
        await using var server = await LoginServer.StartAsync();
        using var client = server.Client();
        client.DefaultRequestHeaders.Accept.ParseAdd("text/html");
        using var answer = await client.GetAsync(LoginServer.FaultPath);
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        var page = await answer.Content.ReadAsStringAsync();
        Assert.Contains("Something went wrong here", page, StringComparison.Ordinal);
        Assert.DoesNotContain("a fault of ours", page, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", string.Join(' ', answer.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        Assert.Null(answer.Headers.Location);
        Assert.DoesNotContain(answer.Headers.GetValues("Set-Cookie"), cookie => cookie.StartsWith("half", StringComparison.Ordinal));
        Assert.Single(server.Log.Lines, line => line.Contains("InvalidOperationException", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Fault_GivesProgramsAProblemDocument()
    {
        await using var server = await LoginServer.StartAsync();
        using var client = server.Client();
        using var answer = await client.GetAsync(LoginServer.FaultPath);
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.DoesNotContain("a fault of ours", text, StringComparison.Ordinal);
        Assert.False(answer.Headers.Contains("Set-Cookie"));
        Assert.Null(answer.Headers.Location);
    }

    [Fact]
    public async Task TextThatTheDatabaseRefuses_IsTheClientsFault()
    {
        await using var server = await LoginServer.StartAsync(DirectoryOptions.PostgreSql, postgreSql);
        using var client = server.Client();
        using var answer = await client.GetAsync(LoginServer.FaultPath + "?text=%00");
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.DoesNotContain(server.Log.Lines, line => line.Contains(FaultLine, StringComparison.Ordinal));
    }
}

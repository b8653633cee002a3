using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Postern.Directory.Factors;
using Postern.Directory.Organizations;
using Postern.Directory.Storage;
using Postern.Login.Accounts;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.Attacks;

/// <summary>
/// A stolen database and a stolen log open nothing: not by what is mailed or shown once, not by second factors, not by
/// cookies. Beside <see cref="SecrecyTests"/>, which has passwords and tokens.
/// </summary>
[Collection(DatabaseCollection.Name)]
public sealed class StoredSecretTests(PostgreSqlServer postgreSql)
{
    private const string Operator = "grace@example.com";
    private const string NewPassword = "tramway otter violin";
    private const string ResourceServer = "0123456789abcdef0123456789abcdef+/=%";

    private readonly List<string> _secrets = [NewPassword, LoginServer.Password, ResourceServer];

    [Theory]
    [InlineData(DirectoryOptions.Sqlite)]
    [InlineData(DirectoryOptions.PostgreSql)]
    public async Task LinksCodesFactorsAndCookies_AreInNoLogAndNoDatabase(string provider)
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, ResourceServer);
        await using var mail = await MailServer.StartAsync();
        await using var server = await LoginServer.StartAsync(
            provider,
            postgreSql,
            new LoginOptions { Issuer = LoginServer.Issuer, Mail = mail.Options(), IntrospectionSecretFile = file },
            isEmpty: true);
        var owner = await SetUpAsync(server);
        await InviteAsync(server, mail);
        await ResetAsync(server, mail);
        await UseFactorsAsync(server, owner);
        await IntrospectAsync(server);
        _secrets.AddRange([owner.Cookie("__Host-postern-session"), owner.Cookie("__Host-postern-known")]);

        var log = string.Join('\n', server.Log.Lines);
        var stored = await StoredText.ReadAsync(server);
        Assert.Contains(Operator, stored, StringComparison.Ordinal); // It can be found there what is there.
        Assert.Contains("Second factor of user", log, StringComparison.Ordinal);
        Assert.True(_secrets.Distinct().Count() > 18, $"{_secrets.Count}");
        foreach (var secret in _secrets)
        {
            Assert.True(secret.Length >= 9, secret);
            Assert.False(log.Contains(secret, StringComparison.OrdinalIgnoreCase), $"{secret} is in the log");
            Assert.False(stored.Contains(secret, StringComparison.OrdinalIgnoreCase), $"{secret} is in the database");
        }

        File.Delete(file);
    }

    private async Task<Browser> SetUpAsync(LoginServer server)
    {
        var code = (await server.Services.GetRequiredService<FirstRun>().IssueCodeAsync(CancellationToken.None))!;
        _secrets.AddRange([code, code.Replace("-", "", StringComparison.Ordinal)]);
        await SetUpWithAsync(server.Browser(), "aaaa-bbbb-cccc-dddd-eeee");
        var owner = server.Browser();
        Assert.Equal(HttpStatusCode.SeeOther, (await SetUpWithAsync(owner, code)).StatusCode);
        return owner;
    }

    private static Task<HttpResponseMessage> SetUpWithAsync(Browser browser, string code) => browser.SubmitAsync(
        "/setup", "/setup", ("setup_code", code), ("email", Operator), ("first_name", "Grace"), ("last_name", "Hopper"),
        ("new_password", LoginServer.Password), ("organization", "Acme"));

    private async Task InviteAsync(LoginServer server, MailServer mail)
    {
        var (person, organization) = await server.QueryAsync(async c => (await c.Users.SingleAsync(), await c.Organizations.SingleAsync()));
        Assert.True((await server.Services.GetRequiredService<InvitationService>().InviteAsync(
            person.Id, organization.Id, "ada@example.com", OrganizationRole.Member, CancellationToken.None)).IsDone);
        var invited = await OpenAsync(server, await mail.WaitForAsync("ada@example.com", "Invitation"), "pin_");
        await invited.GetAsync("/invitation");
    }

    private async Task ResetAsync(LoginServer server, MailServer mail)
    {
        await (await OpenAsync(server, await mail.WaitForAsync(Operator, "Is this your address"), "pev_")).GetAsync("/email/verify");
        await server.Browser().SubmitAsync("/password/forgotten", "/password/forgotten", ("email", Operator));
        var browser = await OpenAsync(server, await mail.WaitForAsync(Operator, "A new password"), "ppr_");
        var answer = await browser.SubmitAsync("/login", "/password/reset", ("new_password", NewPassword));
        Assert.StartsWith("/login", answer.Headers.Location!.OriginalString, StringComparison.Ordinal);
    }

    private async Task<Browser> OpenAsync(LoginServer server, ReceivedMail mail, string prefix)
    {
        var token = mail.Link[(mail.Link.IndexOf('=', StringComparison.Ordinal) + 1)..];
        Assert.StartsWith(prefix, token, StringComparison.Ordinal);
        _secrets.Add(token);
        var browser = server.Browser();
        await browser.GetAsync(mail.Path);
        return browser;
    }

    private async Task UseFactorsAsync(LoginServer server, Browser owner)
    {
        await owner.SignInAsync(Operator, NewPassword);
        var page = await owner.PageAsync(FactorCalls.AuthenticatorPage);
        var secret = FactorCalls.SecretOf(page);
        var added = await owner.PostFormAsync(page, FactorCalls.AuthenticatorPage, ("code", Totp.CodeAt(secret, server.Clock.GetUtcNow())));
        var codes = FactorCalls.CodesOf(await added.Content.ReadAsStringAsync());
        Assert.Equal(10, codes.Count);
        _secrets.AddRange([.. codes, .. codes.Select(c => c.Replace("-", "", StringComparison.Ordinal))]);
        _secrets.AddRange([Convert.ToHexStringLower(secret), Convert.ToBase64String(secret), Base32(secret)]);
        var browser = server.Browser();
        await browser.SignInAsync(Operator, NewPassword);
        _secrets.Add(browser.Cookie("__Host-postern-sign-in"));
        await browser.SubmitFormAsync("/login/factor?method=recovery", "/login/factor", ("method", "recovery"), ("code", "aaaa-bbbb-cccc"));
        await browser.SubmitFormAsync("/login/factor?method=recovery", "/login/factor", ("method", "recovery"), ("code", codes[0]));
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/account")).StatusCode);
    }

    private static string Base32(byte[] bytes) => string.Concat(
        string.Concat(bytes.Select(b => Convert.ToString(b, 2).PadLeft(8, '0')))
            .Chunk(5).Select(bits => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[Convert.ToInt32(new string(bits).PadRight(5, '0'), 2)]));

    private static async Task IntrospectAsync(LoginServer server)
    {
        foreach (var secret in (string[])[ResourceServer, ResourceServer[..^1] + "x"])
        {
            using var client = server.Client();
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
                "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"postern-resource-server:{Uri.EscapeDataString(secret)}")));
            using var answer = await client.PostAsync("/oauth2/introspect", new FormUrlEncodedContent([KeyValuePair.Create("token", "nonsense")]));
            Assert.Equal(secret == ResourceServer ? HttpStatusCode.OK : HttpStatusCode.Unauthorized, answer.StatusCode);
        }
    }
}

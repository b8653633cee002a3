using System.Net;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.Factors;
using Postern.Directory.Organizations;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.Attacks;

/// <summary>
/// Somebody sits at an unlocked screen, or has the cookie of a session. What outlives that session, or gives rights to
/// somebody, asks for a proof first, with the second factor of an account that has one.
/// </summary>
public sealed class StolenBrowserTests : IAsyncLifetime
{
    private LoginServer _server = null!;
    private Company _company = null!;

    public async Task InitializeAsync()
    {
        _server = await LoginServer.StartAsync();
        _company = await Company.CreateAsync(_server);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public static TheoryData<string, string> Doors() => new()
    {
        { "/account/ssh-keys", "/account/ssh-keys" },
        { "/account/api-tokens", "/account/api-tokens" },
        { "{org}/members/{member}/role", "{org}" },
        { "{org}/members/{member}/remove", "{org}" },
        { "{org}/members/{member}/reset-factors", "{org}" },
        { "{org}/invitations", "{org}" },
        { "{org}/invitations/{invitation}/resend", "{org}" },
        { "{org}/machines", "{org}/machines" },
        { "{org}/machines/{machine}/delete", "{org}/machines" },
        { "{org}/machines/{machine}/tokens", "{org}/machines/{machine}/tokens" },
    };

    [Theory]
    [MemberData(nameof(Doors))]
    public async Task Door_AsksForARecentProof_AndOpensAfterIt(string form, string page)
    {
        var (owner, names) = await PrepareAsync();
        (form, page) = (Fill(form, names), Fill(page, names));
        var untouched = await StateAsync();
        _server.Clock.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal(HttpStatusCode.OK, (await owner.GetAsync(page)).StatusCode); // Looking needs no proof.
        var refused = await PostAsync(owner, form);
        var confirm = "/login/confirm?return_url=" + Uri.EscapeDataString(page + "?again=1");
        Assert.Equal(confirm, refused.Headers.Location?.OriginalString);
        Assert.Equal(untouched, await StateAsync());

        var proved = await owner.SubmitAsync(confirm, "/login/confirm", ("method", "password"), ("password", LoginServer.Password));
        Assert.Equal(page + "?again=1", proved.Headers.Location!.OriginalString);
        Assert.Contains("send the form once more", await (await owner.GetAsync(page + "?again=1")).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await PostAsync(owner, form);
        Assert.NotEqual(untouched, await StateAsync());
    }

    [Theory]
    [MemberData(nameof(Doors))]
    public async Task Door_OfAnAccountWithAFactor_IsNotOpenedByThePassword(string form, string page)
    {
        var (owner, names) = await PrepareAsync();
        (form, page) = (Fill(form, names), Fill(page, names));
        var (secret, _) = await owner.AddAuthenticatorAsync(_server);
        var untouched = await StateAsync();
        _server.Clock.Advance(TimeSpan.FromMinutes(6));
        var confirm = (await PostAsync(owner, form)).Headers.Location!.OriginalString;
        Assert.Equal("/login/confirm?return_url=" + Uri.EscapeDataString(page + "?again=1"), confirm);
        var password = await owner.SubmitAsync(confirm, "/login/confirm", ("method", "password"), ("password", LoginServer.Password));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, password.StatusCode);
        await PostAsync(owner, form);
        Assert.Equal(untouched, await StateAsync());

        await owner.SubmitAsync(confirm, "/login/confirm", ("method", "code"), ("code", Totp.CodeAt(secret, _server.Clock.GetUtcNow())));
        await PostAsync(owner, form);
        Assert.NotEqual(untouched, await StateAsync());
    }

    [Theory]
    [InlineData("/account/password")]
    [InlineData("/account/close")]
    public async Task PasswordForm_OfAnAccountWithAFactor_AsksForTheFactorBefore(string path)
    {
        var grace = await _server.CreateUserAsync("grace@example.com", LoginServer.Password);
        var thief = _server.Browser();
        await thief.SignInAsync("grace@example.com");
        var (secret, _) = await thief.AddAuthenticatorAsync(_server);
        _server.Clock.Advance(TimeSpan.FromMinutes(6));
        var confirm = "/login/confirm?return_url=" + Uri.EscapeDataString(path);
        Assert.Equal(confirm, (await thief.GetAsync(path)).Headers.Location!.OriginalString);
        (string, string)[] fields = [("present_password", LoginServer.Password), ("new_password", "tramway otter violin"), ("decision", "delete")];
        Assert.Equal(confirm, (await thief.SubmitAsync("/account/ssh-keys", path, fields)).Headers.Location!.OriginalString);
        Assert.True(await _server.QueryAsync(c => c.Users.AnyAsync(u => u.Id == grace.Id && u.PasswordHash == grace.PasswordHash)));

        await thief.SubmitAsync(confirm, "/login/confirm", ("method", "code"), ("code", Totp.CodeAt(secret, _server.Clock.GetUtcNow())));
        Assert.Equal(HttpStatusCode.SeeOther, (await thief.SubmitAsync(path, path, fields)).StatusCode);
        Assert.False(await _server.QueryAsync(c => c.Users.AnyAsync(u => u.Id == grace.Id && u.PasswordHash == grace.PasswordHash)));
    }

    [Fact]
    public async Task TakingBack_NeedsNoProof()
    {
        var (owner, names) = await PrepareAsync();
        await PostAsync(owner, "/account/ssh-keys");
        _server.Clock.Advance(TimeSpan.FromMinutes(6));
        var key = await _server.QueryAsync(c => c.SshKeys.Select(k => k.Id).SingleAsync());
        Assert.Equal("/account/ssh-keys?done=deleted", (await PostAsync(owner, $"/account/ssh-keys/{key}/delete")).Headers.Location!.OriginalString);
        Assert.EndsWith("?done=withdrawn", (await PostAsync(owner, Fill("{org}/invitations/{invitation}/revoke", names))).Headers.Location!.OriginalString, StringComparison.Ordinal);
        Assert.Equal("/account/sessions?ended=others", (await PostAsync(owner, "/account/sessions/end-others")).Headers.Location!.OriginalString);
    }

    private async Task<(Browser Owner, Dictionary<string, string> Names)> PrepareAsync()
    {
        var owner = await _company.SignInAsync("ada");
        await PostAsync(owner, _company.Page + "/machines", ("name", "bot"));
        await PostAsync(owner, _company.Page + "/invitations", ("email", "new@example.com"), ("role", "member"));
        var member = await _company.UserIdAsync("member");
        await _server.QueryAsync(c => c.Users.Where(u => u.Id == member).ExecuteUpdateAsync(row => row.SetProperty(u => u.TwoFactorEnabled, true)));
        return (owner, new()
        {
            ["org"] = _company.Page,
            ["member"] = member.ToString(),
            ["machine"] = (await _server.QueryAsync(c => c.MachineUsers.Select(m => m.UserId).SingleAsync())).ToString(),
            ["invitation"] = (await _server.QueryAsync(c => c.Invitations.Select(i => i.Id).SingleAsync())).ToString(),
        });
    }

    private static string Fill(string text, Dictionary<string, string> names) =>
        names.Aggregate(text, (filled, name) => filled.Replace($"{{{name.Key}}}", name.Value, StringComparison.Ordinal));

    private static Task<HttpResponseMessage> PostAsync(Browser browser, string path, params (string Name, string Value)[] fields) =>
        browser.SubmitAsync("/account/ssh-keys", path, fields.Length > 0
            ? fields
            : [("key", Keys.NewLine()), ("name", "other"), ("days", ""), ("access", "full"), ("role", "admin"), ("email", "thief@example.com")]);

    // All that the doors change, in one line.
    private Task<string> StateAsync() => _server.QueryAsync(async c => string.Join(
        ' ',
        await c.SshKeys.CountAsync(),
        await c.ApiTokens.CountAsync(),
        await c.MachineUsers.CountAsync(),
        string.Join(',', await c.Invitations.OrderBy(i => i.Email).Select(i => i.SentAt.ToUnixTimeMilliseconds()).ToListAsync()),
        await c.OrganizationMembers.CountAsync(m => m.Role == OrganizationRole.Admin),
        await c.OrganizationMembers.CountAsync(),
        await c.Users.CountAsync(u => u.TwoFactorEnabled && u.Email == "member@example.com")));
}

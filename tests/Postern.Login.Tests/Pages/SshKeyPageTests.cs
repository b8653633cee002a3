using System.Net;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.Changes;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.Pages;

/// <summary>The page of SSH keys, with what people do wrong there and what strangers try.</summary>
public sealed class SshKeyPageTests : IAsyncLifetime
{
    private const string Page = "/account/ssh-keys";

    private LoginServer _server = null!;
    private Browser _browser = null!;

    public async Task InitializeAsync()
    {
        _server = await LoginServer.StartAsync();
        _browser = _server.Browser();
        await _browser.SignInAsync();
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Key_IsAddedShownAndDeleted()
    {
        var line = Keys.NewLine();
        var response = await _browser.SubmitAsync(Page, Page, ("key", line), ("title", "work laptop"));
        Assert.Equal($"{Page}?done=added", response.Headers.Location!.OriginalString);
        var key = await _server.QueryAsync(c => c.SshKeys.SingleAsync());
        var page = await TextAsync(Page + "?done=added");
        Assert.Contains("work laptop", page, StringComparison.Ordinal);
        Assert.Contains(key.Sha256Fingerprint, WebUtility.HtmlDecode(page), StringComparison.Ordinal);
        Assert.Contains("MD5:" + string.Join(':', key.Md5Fingerprint.Chunk(2).Select(c => new string(c))), page, StringComparison.Ordinal);
        Assert.Contains("Never used.", page, StringComparison.Ordinal);
        Assert.Contains("It works at once.", page, StringComparison.Ordinal);

        await _server.QueryAsync(c => c.SshKeys.ExecuteUpdateAsync(
            row => row.SetProperty(k => k.LastUsedAt, _server.Clock.GetUtcNow()).SetProperty(k => k.LastUsedAddress, "192.0.2.77")));
        Assert.Contains("Last used just now from 192.0.2.77.", await TextAsync(Page), StringComparison.Ordinal);

        response = await _browser.SubmitAsync(Page, $"{Page}/{key.Id}/delete");
        Assert.Equal($"{Page}?done=deleted", response.Headers.Location!.OriginalString);
        Assert.Equal(0, await _server.QueryAsync(c => c.SshKeys.CountAsync()));
        Assert.Equal(["ssh_key.added", "ssh_key.removed"], await _server.QueryAsync(c => c.AuditEvents.Where(e => e.Action.StartsWith("ssh_key.")).OrderBy(e => e.Id).Select(e => e.Action).ToListAsync()));

        // The gateway hears of it, and ends what the key opened.
        Assert.True(await _server.QueryAsync(c => c.Set<Change>().AnyAsync(x => x.Kind == "ssh_key" && x.Subject == key.Id.ToString())));
    }

    [Fact]
    public async Task Key_IsRenamedByItsOwnerOnly()
    {
        await _browser.SubmitAsync(Page, Page, ("key", Keys.NewLine()), ("title", "work laptop"));
        var key = await _server.QueryAsync(c => c.SshKeys.SingleAsync());
        await _server.CreateUserAsync("eve@example.com", "another long password");
        var eve = _server.Browser();
        await eve.SignInAsync("eve@example.com", "another long password");
        await eve.SubmitAsync(Page, $"{Page}/{key.Id}/rename", ("title", "mine"));
        Assert.Equal("work laptop", (await _server.QueryAsync(c => c.SshKeys.SingleAsync())).Title);

        var response = await _browser.SubmitAsync(Page, $"{Page}/{key.Id}/rename", ("title", "<b>home</b>\u0007 laptop"));
        Assert.Equal($"{Page}?done=renamed", response.Headers.Location!.OriginalString);
        var renamed = await _server.QueryAsync(c => c.SshKeys.SingleAsync());
        Assert.Equal(("<b>home</b> laptop", key.Sha256Fingerprint), (renamed.Title, renamed.Sha256Fingerprint));
        Assert.DoesNotContain("<b>home", await TextAsync(Page), StringComparison.Ordinal);
        await _browser.SubmitAsync(Page, $"{Page}/{key.Id}/rename", ("title", ""));
        Assert.Equal(key.Sha256Fingerprint, (await _server.QueryAsync(c => c.SshKeys.SingleAsync())).Title);
        Assert.Equal(2, await _server.QueryAsync(c => c.AuditEvents.CountAsync(e => e.Action == "ssh_key.renamed")));
        Assert.Equal(HttpStatusCode.BadRequest, (await _browser.PostAsync($"{Page}/{key.Id}/rename", ("title", "x"))).StatusCode);
    }

    [Fact]
    public async Task PrivateKey_IsRefusedAndKeptNowhere()
    {
        const string secret = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUsecretsecret";
        var text = $"-----BEGIN OPENSSH PRIVATE KEY-----\n{secret}\n-----END OPENSSH PRIVATE KEY-----";
        foreach (var fields in new[] { new[] { ("key", text), ("title", "x") }, [("key", ""), ("title", text)] })
        {
            var response = await _browser.SubmitAsync(Page, Page, fields);
            Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
            var page = await response.Content.ReadAsStringAsync();
            Assert.DoesNotContain("secretsecret", page, StringComparison.Ordinal);
        }

        Assert.Contains("This is a private key", await (await _browser.SubmitAsync(Page, Page, ("key", text))).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(0, await _server.QueryAsync(c => c.SshKeys.CountAsync()));
        Assert.Equal(0, await _server.QueryAsync(c => c.AuditEvents.CountAsync(e => e.Action.StartsWith("ssh_key."))));
    }

    [Fact]
    public async Task KeyOfAnotherAccount_CanNotBeDuplicated()
    {
        await _server.CreateUserAsync("eve@example.com", "another long password");
        var eve = _server.Browser();
        await eve.SignInAsync("eve@example.com", "another long password");
        var line = Keys.NewLine();
        await eve.SubmitAsync(Page, Page, ("key", line));
        var response = await _browser.SubmitAsync(Page, Page, ("key", line));
        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
        var page = await response.Content.ReadAsStringAsync();
        Assert.Contains("SSH key can not be duplicated", page, StringComparison.Ordinal);
        Assert.DoesNotContain("eve@", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task KeyOfAnotherAccount_CannotBeDeleted()
    {
        await _browser.SubmitAsync(Page, Page, ("key", Keys.NewLine()));
        var id = await _server.QueryAsync(c => c.SshKeys.Select(k => k.Id).SingleAsync());
        await _server.CreateUserAsync("eve@example.com", "another long password");
        var eve = _server.Browser();
        await eve.SignInAsync("eve@example.com", "another long password");
        await eve.SubmitAsync(Page, $"{Page}/{id}/delete");
        Assert.Equal(1, await _server.QueryAsync(c => c.SshKeys.CountAsync()));
    }

    [Fact]
    public async Task FormOfAnotherSite_ChangesNothing()
    {
        await _browser.SubmitAsync(Page, Page, ("key", Keys.NewLine()));
        var id = await _server.QueryAsync(c => c.SshKeys.Select(k => k.Id).SingleAsync());
        Assert.Equal(HttpStatusCode.BadRequest, (await _browser.PostAsync(Page, ("key", Keys.NewLine()))).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await _browser.PostAsync($"{Page}/{id}/delete")).StatusCode);
        Assert.Equal(1, await _server.QueryAsync(c => c.SshKeys.CountAsync()));
    }

    [Theory]
    [InlineData("a\u0007b\u001b[31m", "ab[31m")]
    [InlineData("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;")]
    public async Task HostileName_IsText(string title, string shown)
    {
        await _browser.SubmitAsync(Page, Page, ("key", Keys.NewLine()), ("title", title));
        Assert.Contains(shown, await TextAsync(Page), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stranger_IsSentToSignInAndComesBack()
    {
        Assert.Equal("/login?return_url=%2Faccount%2Fssh-keys", (await _server.Browser().GetAsync(Page)).Headers.Location!.OriginalString);
        var response = await _server.Browser().SignInAsync(page: "/login?return_url=%2Faccount%2Fssh-keys");
        Assert.Equal(Page, response.Headers.Location!.OriginalString);
    }

    private async Task<string> TextAsync(string url) => await (await _browser.GetAsync(url)).Content.ReadAsStringAsync();
}

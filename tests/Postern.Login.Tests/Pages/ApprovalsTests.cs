using Microsoft.Extensions.DependencyInjection;
using Postern.Directory.Approvals;
using Postern.Directory.Factors;
using Postern.Directory.Organizations;
using Postern.Directory.People;
using Postern.Directory.Routing;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.Pages;

/// <summary>The page of the codes that were typed inside ssh.</summary>
public sealed class ApprovalsTests : IAsyncLifetime
{
    private static readonly CancellationToken Never = CancellationToken.None;

    private LoginServer _server = null!;

    public async Task InitializeAsync() => _server = await LoginServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Approvals_AreShownWithWhatTheyAreFor()
    {
        await ApproveAsync(_server.User, "192.0.2.7");
        var browser = _server.Browser();
        await browser.SignInAsync();
        var page = await ReadAsync(browser);
        Assert.Contains("work &lt;laptop&gt;, for Acme", page, StringComparison.Ordinal);
        Assert.Contains("From 192.0.2.7.", page, StringComparison.Ordinal);
        Assert.Contains("SHA256:", page, StringComparison.Ordinal);
        _server.Clock.Advance(TimeSpan.FromHours(8));
        Assert.Contains("There are none now.", await ReadAsync(browser), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_IsTakenBackAndTheOthersStay_ThenAll()
    {
        var scope = await ApproveAsync(_server.User, "192.0.2.7");
        var kept = scope with { Source = "192.0.2.8" };
        var approval = (await Approvals.FindAsync(scope, Moment.Now, Never))!;
        await Approvals.AddAsync(kept, TimeSpan.FromHours(8), Never);
        var browser = _server.Browser();
        await browser.SignInAsync();
        var response = await browser.SubmitAsync("/account/approvals", $"/account/approvals/{approval.Id}/end");
        Assert.Equal("/account/approvals?ended=one", response.Headers.Location!.OriginalString);
        Assert.Null(await Approvals.FindAsync(scope, Moment.Now, Never));
        Assert.NotNull(await Approvals.FindAsync(kept, Moment.Now, Never));
        Assert.Contains("ssh_approval", await _server.QueryAsync(context =>
            Task.FromResult(string.Join(' ', context.Changes.Select(c => c.Kind).ToList()))), StringComparison.Ordinal);

        await Approvals.AddAsync(scope, TimeSpan.FromHours(8), Never);
        response = await browser.SubmitAsync("/account/approvals", "/account/approvals/end-all");
        Assert.Equal("/account/approvals?ended=all", response.Headers.Location!.OriginalString);
        Assert.Empty(await Approvals.ListAsync(_server.User.Id, Never));
    }

    [Fact]
    public async Task ApprovalOfAnotherPerson_IsNeitherSeenNorTakenBack()
    {
        var scope = await ApproveAsync(_server.User, "192.0.2.7");
        var approval = (await Approvals.FindAsync(scope, Moment.Now, Never))!;
        await _server.CreateUserAsync("eve@example.com", "another long password");
        var eve = _server.Browser();
        await eve.SignInAsync("eve@example.com", "another long password");
        Assert.Contains("There are none now.", await ReadAsync(eve), StringComparison.Ordinal);

        // A form of hers with the address of the other's approval.
        var response = await eve.SubmitAsync("/user/logout", $"/account/approvals/{approval.Id}/end");
        Assert.Equal("/account/approvals?ended=one", response.Headers.Location!.OriginalString);
        Assert.NotNull(await Approvals.FindAsync(scope, Moment.Now, Never));
    }

    private SshApprovals Approvals => _server.Services.GetRequiredService<SshApprovals>();

    private static async Task<string> ReadAsync(Browser browser) =>
        await (await browser.GetAsync("/account/approvals")).Content.ReadAsStringAsync();

    private async Task<ApprovalScope> ApproveAsync(User user, string source)
    {
        var now = _server.Clock.GetUtcNow();
        var organization = new Organization
        {
            Id = OrganizationId.Create(_server.Clock),
            Name = "acme",
            Label = "Acme",
            OwnerId = user.Id,
            CreatedAt = now,
            UpdatedAt = now,
        };
        var key = new SshKey
        {
            UserId = user.Id,
            Title = "work <laptop>",
            Type = "ssh-ed25519",
            Blob = [1, 2, 3],
            Sha256Fingerprint = "SHA256:abc",
            Md5Fingerprint = "00:11",
            CreatedAt = now,
        };
        await using (var context = await _server.Contexts.CreateDbContextAsync(Never))
        {
            context.AddRange(organization, key, new AuthenticatorApp { UserId = user.Id, ProtectedSecret = [1], CreatedAt = now, LastUsedAt = now });
            await context.SaveChangesAsync(Never);
        }

        var scope = new ApprovalScope(user.Id, key.Id, organization.Id, source);
        await Approvals.AddAsync(scope, TimeSpan.FromHours(8), Never);
        return scope;
    }
}

using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Postern.Directory.Organizations;
using Postern.Directory.People;
using Postern.Login.Accounts;
using Postern.Login.Mail;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.Mail;

/// <summary>Nothing is lost while the mail server is away, and nothing goes out unprotected; against a real mail server.</summary>
[Collection(DatabaseCollection.Name)]
public sealed class MailDeliveryTests(PostgreSqlServer postgreSql)
{
    private const string Invited = "grace@example.com";

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task Outage_LosesNothing(string provider)
    {
        var port = Ports.Free();
        await using var server = await LoginServer.StartAsync(provider, postgreSql, Options(new() { Host = "127.0.0.1", Port = port, Security = MailSecurity.None, From = "postern@postern.example" }));
        await InviteAsync(server);
        await Programs.WaitUntilAsync(async () => (await server.QueryAsync(c => c.QueuedMails.SingleAsync())).Attempts == 1 && await DueLaterAsync(server), "the failure");

        await using var mail = await MailServer.StartAsync(port: port);
        server.Clock.Advance(TimeSpan.FromMinutes(2));
        await server.Services.GetRequiredService<MailDelivery>().DeliverAsync(CancellationToken.None);
        var received = await mail.WaitForAsync(Invited, "Invitation");
        await UntilQueueIsEmptyAsync(server);
        var browser = server.Browser();
        await browser.GetAsync(received.Path);
        Assert.Contains("Join", await (await browser.GetAsync("/invitation")).Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task SeveralServers_SendAMailOnce(string provider)
    {
        await using var mail = await MailServer.StartAsync();
        await using var server = await LoginServer.StartAsync(provider, postgreSql, Options(mail.Options()));
        var delivery = server.Services.GetRequiredService<MailDelivery>();
        for (var i = 0; i < 5; i++)
        {
            await InviteAsync(server, $"person{i}@example.com", $"org-{i}");
        }

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => delivery.DeliverAsync(CancellationToken.None))));
        await UntilQueueIsEmptyAsync(server);
        Assert.Equal(5, mail.Received().Count);
        Assert.Equal(5, mail.Received().Select(m => m.Recipients[0]).Distinct().Count());
    }

    [Theory]
    [InlineData("ADA@Example.com", "ada@example.com", "ada@example.com")]
    [InlineData("ada@\u03c3\u03af\u03c3.gr", "ada@\u03c3\u03af\u03c2.gr", "ada@\u03c3\u03af\u03c2.gr")] // Two domains, one name to look up by.
    public async Task Reset_GoesToTheAccountsAddress_AndNotToTheOneThatWasTyped(string typed, string account, string recipient)
    {
        await using var server = await LoginServer.StartAsync(Options(new() { Host = "127.0.0.1", Port = Ports.Free(), Security = MailSecurity.None, From = "postern@postern.example" }));
        if (account != LoginServer.Email)
        {
            await server.CreateUserAsync(account, LoginServer.Password);
        }

        var mail = new QueuedMail { Id = Guid.NewGuid(), Kind = MailKind.PasswordReset, Recipient = typed };
        var message = await server.Services.GetRequiredService<MailWriter>().WriteAsync(mail, CancellationToken.None);
        Assert.Equal(recipient, Assert.Single(message!.To.Mailboxes).Address);
    }

    [Fact]
    public async Task RefusedRecipient_IsNotTriedAgainAndABusyOneIs()
    {
        await using var mail = await MailServer.StartAsync();
        await using var server = await LoginServer.StartAsync(Options(mail.Options()));
        await InviteAsync(server, "refused@example.com", "one");
        await InviteAsync(server, "later@example.com", "two");
        await Programs.WaitUntilAsync(async () => (await server.QueryAsync(c => c.QueuedMails.ToListAsync())) is [{ Recipient: "later@example.com", Attempts: 1 }] && await DueLaterAsync(server), "the failure");
        server.Clock.Advance(TimeSpan.FromDays(8));
        await server.Services.GetRequiredService<MailDelivery>().DeliverAsync(CancellationToken.None);
        await UntilQueueIsEmptyAsync(server); // Given up: the invitation is over.
        Assert.Empty(mail.Received());
    }

    [Theory]
    [InlineData("starttls", MailSecurity.StartTls)]
    [InlineData("tls", MailSecurity.Tls)]
    public async Task Tls_IsUsedWithACertificateThatIsVouchedFor(string kind, MailSecurity security)
    {
        await using var mail = await MailServer.StartAsync(kind);
        var options = mail.Options(security) with
        {
            AuthorityFile = mail.Certificate,
            User = security == MailSecurity.StartTls ? MailServer.User : null,
            Password = security == MailSecurity.StartTls ? MailServer.Password : null,
        };
        await using var server = await LoginServer.StartAsync(Options(options));
        await InviteAsync(server);
        Assert.Equal([Invited], (await mail.WaitForAsync(Invited, "Invitation")).Recipients);
    }

    [Theory]
    [InlineData("starttls", MailSecurity.StartTls, "127.0.0.1")] // A certificate that nobody vouches for.
    [InlineData("tls", MailSecurity.Tls, "127.0.0.1")]
    [InlineData("none", MailSecurity.StartTls, "127.0.0.1")] // STARTTLS is not offered: perhaps somebody took it out.
    [InlineData("none", MailSecurity.Tls, "127.0.0.1")]
    [InlineData("vouched", MailSecurity.StartTls, "localhost")] // Vouched for, but under another name.
    public async Task WithoutGoodTls_NothingGoesOutAndTheMailIsKept(string kind, MailSecurity security, string host)
    {
        await using var mail = await MailServer.StartAsync(kind == "vouched" ? "starttls" : kind);
        var options = mail.Options(security) with { Host = host, AuthorityFile = kind == "vouched" ? mail.Certificate : null };
        await using var server = await LoginServer.StartAsync(Options(options));
        await InviteAsync(server);
        await Programs.WaitUntilAsync(async () => (await server.QueryAsync(c => c.QueuedMails.SingleAsync())).Attempts == 1 && await DueLaterAsync(server), "the failure");
        Assert.Empty(mail.Received());
    }

    private static LoginOptions Options(MailOptions mail) => new() { Issuer = LoginServer.Issuer, Mail = mail };

    private static async Task InviteAsync(LoginServer server, string email = Invited, string organization = "acme")
    {
        var added = await server.AddOrganizationAsync(server.User.Id, organization, organization);
        var result = await server.Services.GetRequiredService<InvitationService>().InviteAsync(
            server.User.Id, added.Id, email, OrganizationRole.Member, CancellationToken.None);
        Assert.True(result.IsDone);
    }

    // The service is at work by itself, too, and forgets a mail only after it was taken.
    private static Task UntilQueueIsEmptyAsync(LoginServer server) =>
        Programs.WaitUntilAsync(async () => !await server.QueryAsync(c => c.QueuedMails.AnyAsync()), "the end of the queue");

    // A lease is five minutes, the wait after a first failure half of one: then the failure has been noted.
    private static async Task<bool> DueLaterAsync(LoginServer server) =>
        (await server.QueryAsync(c => c.QueuedMails.SingleAsync())).DueAt - server.Clock.GetUtcNow() == TimeSpan.FromSeconds(30);
}

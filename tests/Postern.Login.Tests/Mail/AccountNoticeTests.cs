using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Postern.Directory.People;
using Postern.Directory.Storage;
using Postern.Login.Mail;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.Mail;

/// <summary>Nobody's way of signing in changes without a mail to them: who stole a password must not make it theirs unseen.</summary>
[Collection(DatabaseCollection.Name)]
public sealed class AccountNoticeTests(PostgreSqlServer postgreSql)
{
    [Theory]
    [InlineData(DirectoryOptions.Sqlite)]
    [InlineData(DirectoryOptions.PostgreSql)]
    public async Task EveryChangeOfHowOneSignsIn_IsTold(string provider)
    {
        await using var mail = await MailServer.StartAsync();
        await using var server = await LoginServer.StartAsync(provider, postgreSql, new LoginOptions { Issuer = LoginServer.Issuer, Mail = mail.Options() });
        var person = await server.SignedInAsync();
        var line = Keys.NewLine();
        await person.SubmitAsync("/account/ssh-keys", "/account/ssh-keys", ("key", line), ("title", "laptop"));
        await person.SubmitAsync("/account/ssh-keys", "/account/ssh-keys", ("key", line), ("title", "again")); // Refused, and so not told.
        await person.SubmitAsync("/account/api-tokens", "/account/api-tokens", ("name", "ci"), ("days", "90"), ("project", ""), ("access", "full"));
        var (_, codes) = await person.AddAuthenticatorAsync(server);
        using var authenticator = new SoftwareAuthenticator();
        Assert.Equal(HttpStatusCode.SeeOther, (await person.AddPasskeyAsync(authenticator)).StatusCode);
        await server.Browser().SignInWithCodeAsync(codes[0], "recovery");
        await person.SubmitFormAsync(FactorCalls.RecoveryPage, FactorCalls.RecoveryPage);
        await person.SubmitFormAsync(FactorCalls.AuthenticatorPage + "/remove", FactorCalls.AuthenticatorPage + "/remove");
        var passkey = $"/account/security/passkeys/{authenticator.Id}/remove";
        await person.SubmitFormAsync(passkey, passkey);

        await server.Services.GetRequiredService<MailDelivery>().DeliverAsync(CancellationToken.None);
        await Programs.WaitUntilAsync(async () => !await server.QueryAsync(c => c.QueuedMails.AnyAsync()), "the end of the queue");
        Assert.All(mail.Received(), m => Assert.Equal([LoginServer.Email], m.Recipients));
        string[] expected =
        [
            AccountChange.SshKeyAdded, AccountChange.ApiTokenMade, AccountChange.AuthenticatorAdded, AccountChange.PasskeyAdded,
            AccountChange.RecoveryCodeUsed, AccountChange.RecoveryCodesMade, AccountChange.AuthenticatorRemoved, AccountChange.PasskeyRemoved,
        ];
        Assert.Equal(
            expected.Select(change => MailTexts.ChangeOf(change) + " on Postern").Order(StringComparer.Ordinal),
            mail.Received().Select(m => m.Message.Subject).Order(StringComparer.Ordinal));
        Assert.All(mail.Received(), m => Assert.Contains("If it was not you, set a new password at once", m.Message.TextBody, StringComparison.Ordinal));
    }

    [Fact]
    public async Task WithoutMail_NothingIsQueued()
    {
        await using var server = await LoginServer.StartAsync();
        var person = await server.SignedInAsync();
        await person.SubmitAsync("/account/ssh-keys", "/account/ssh-keys", ("key", Keys.NewLine()), ("title", "laptop"));
        Assert.Equal(1, await server.QueryAsync(c => c.SshKeys.CountAsync()));
        Assert.Equal(0, await server.QueryAsync(c => c.QueuedMails.CountAsync()));
    }
}

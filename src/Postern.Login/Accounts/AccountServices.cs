using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Postern.Directory.Audit;
using Postern.Directory.Storage;
using Postern.Login.Mail;
using Postern.Login.Passwords;

namespace Postern.Login.Accounts;

/// <summary>Registers how accounts come into being and are kept.</summary>
internal static class AccountServices
{
    /// <summary>What operator commands need too.</summary>
    public static void AddAccountKeeping(this IServiceCollection services)
    {
        services.TryAddSingleton<PasswordRules>();
        services.TryAddSingleton<AccountBuilder>();
        services.TryAddSingleton<AccountClosing>();
        services.TryAddSingleton<UnprovedAccounts>();
        services.TryAddSingleton<MailQueue>();
        services.TryAddSingleton<MailLinks>();
        services.TryAddSingleton(provider => new FirstRun(
            provider.GetRequiredService<IDbContextFactory<DirectoryContext>>(),
            provider.GetRequiredService<AccountBuilder>(),
            provider.GetRequiredService<PasswordRules>(),
            provider.GetRequiredService<MailQueue>(),
            provider.GetRequiredService<AuditTrail>(),
            provider.GetRequiredService<LoginOptions>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<FirstRun>>()));
        services.TryAddSingleton(provider => new InvitationService(
            provider.GetRequiredService<IDbContextFactory<DirectoryContext>>(),
            provider.GetRequiredService<AccountBuilder>(),
            provider.GetRequiredService<MailQueue>(),
            provider.GetRequiredService<MailLinks>(),
            provider.GetRequiredService<LoginOptions>(),
            provider.GetRequiredService<TimeProvider>()));
    }

    /// <summary>The pages, and the delivery of mails, which only a server that serves them does.</summary>
    public static void AddAccountPages(this IServiceCollection services, LoginOptions options)
    {
        services.AddSingleton<RefusedSignIns>();
        services.AddSingleton<InvitationAcceptance>();
        services.AddSingleton<PasswordChange>();
        services.AddSingleton<EmailVerification>();
        services.AddSingleton<Pages.LinkCookie>();
        services.AddSingleton<Pages.SetupEndpoint>();
        services.AddSingleton<Pages.InvitationEndpoint>();
        services.AddSingleton<Pages.PasswordEndpoint>();
        services.AddSingleton<Pages.ForgottenPasswordEndpoint>();
        services.AddSingleton<Pages.VerificationEndpoint>();
        services.AddSingleton<Pages.CloseAccountEndpoint>();
        services.AddSingleton<MailWriter>();
        if (options.Mail is { } mail)
        {
            services.AddSingleton<IMailTransport>(_ => new SmtpTransport(mail));
        }
        else if (options.OutboxDirectory is { } folder)
        {
            services.AddSingleton<IMailTransport>(provider => new OutboxTransport(folder, provider.GetRequiredService<TimeProvider>()));
        }
        else
        {
            return; // Nothing is queued either.
        }

        services.AddSingleton<MailDelivery>();
        services.AddHostedService(provider => provider.GetRequiredService<MailDelivery>());
    }
}

using System.Security.Cryptography;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Postern.Authority;
using Postern.Directory.Factors;
using Postern.Directory.People;
using Postern.Directory.SingleSignOn;
using Postern.Directory.Storage;
using Postern.Login.Accounts;
using Postern.Login.Certificates;
using Postern.Login.Factors;
using Postern.Login.OAuth;
using Postern.Login.Passwords;
using Postern.Login.Protection;
using Postern.Login.Sessions;
using Postern.Login.SingleSignOn;
using Postern.Login.Tokens;

namespace Postern.Login;

/// <summary>Registers this room.</summary>
public static class LoginServices
{
    /// <summary>
    /// Adds accounts, sessions, tokens and the pages. Needs the Directory and, as singletons, the
    /// <see cref="MasterKey"/> and an initialized <see cref="CertificateAuthority"/>. Throws
    /// <see cref="ArgumentException"/> with every fault of the options.
    /// </summary>
    public static IServiceCollection AddPosternLogin(this IServiceCollection services, LoginOptions options)
    {
        if (options.FindFaults() is { Count: > 0 } faults)
        {
            throw new ArgumentException(string.Join(' ', faults), nameof(options));
        }

        services.AddPosternAccounts(options);
        AddSchemes(services, options);
        AddOAuth(services);
        services.AddAccountPages(options);
        AddFactors(services, options);
        services.AddRazorComponents();
        services.AddAntiforgery(antiforgery => Configure(antiforgery, options));
        return services;
    }

    /// <summary>
    /// Adds only <see cref="AccountService"/>, <see cref="ApiTokenService"/>, <see cref="FactorService"/> and <see cref="SigningKeyService"/>, for operator commands that serve nothing, and
    /// the <see cref="FactorProtection"/> of the master key, which <see cref="SecondFactors"/> needs in every process.
    /// </summary>
    public static IServiceCollection AddPosternAccounts(this IServiceCollection services, LoginOptions options)
    {
        services.AddLogging();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(options);
        services.TryAddSingleton<SessionStore>();
        services.AddIdentityCore<User>(identity =>
            {
                identity.User.RequireUniqueEmail = true;
                identity.User.AllowedUserNameCharacters = ""; // Any: the e-mail address is checked by AccountService.
                identity.Password.RequiredLength = LoginLimits.ShortestPassword;
                identity.Password.RequireDigit = false; // Length instead of composition rules: NIST SP 800-63B section 5.1.1.2.
                identity.Password.RequireLowercase = false;
                identity.Password.RequireUppercase = false;
                identity.Password.RequireNonAlphanumeric = false;
            })
            .AddEntityFrameworkStores<DirectoryContext>();
        services.TryAddSingleton<IPasswordHasher<User>, PasswordHasher<User>>();
        services.TryAddSingleton(CreateFactorProtection);
        services.TryAddSingleton(CreateSsoProtection);
        services.TryAddScoped(provider => new AccountService(
            provider.GetRequiredService<IDbContextFactory<DirectoryContext>>(),
            provider.GetRequiredService<UserManager<User>>(),
            provider.GetRequiredService<SessionStore>(),
            provider.GetRequiredService<AccountBuilder>(),
            provider.GetRequiredService<PasswordRules>(),
            provider.GetRequiredService<AccountClosing>(),
            provider.GetRequiredService<UnprovedAccounts>(),
            provider.GetRequiredService<DirectoryContext>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddAccountKeeping();
        services.TryAddSingleton(provider => new FactorService(
            provider.GetRequiredService<IDbContextFactory<DirectoryContext>>(),
            provider.GetRequiredService<FactorProtection>(),
            provider.GetRequiredService<SessionStore>(),
            provider.GetRequiredService<Mail.MailQueue>(),
            provider.GetRequiredService<IAccountNotices>(),
            provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton(provider => new ApiTokenService(
            provider.GetRequiredService<IDbContextFactory<DirectoryContext>>(),
            provider.GetRequiredService<SessionStore>(),
            provider.GetRequiredService<IAccountNotices>(),
            provider.GetRequiredService<TimeProvider>()));
        services.Replace(ServiceDescriptor.Singleton<IAccountNotices, Mail.AccountNotices>()); // The Directory has one that says nothing.
        AddDataProtection(services);
        services.TryAddSingleton<SigningKeyRing>();
        services.TryAddSingleton(provider => new SigningKeyService(provider.GetRequiredService<SigningKeyRing>()));
        return services;
    }

    private static FactorProtection CreateFactorProtection(IServiceProvider provider)
    {
        var key = provider.GetRequiredService<MasterKey>().DeriveKey(FactorProtection.Purpose);
        try
        {
            return new FactorProtection(key);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private static SsoProtection CreateSsoProtection(IServiceProvider provider)
    {
        var key = provider.GetRequiredService<MasterKey>().DeriveKey(SsoProtection.Purpose);
        try
        {
            return new SsoProtection(key);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private static void AddDataProtection(IServiceCollection services)
    {
        services.AddDataProtection().SetApplicationName("postern");
        services.TryAddSingleton<DirectoryKeyRepository>();
        services.TryAddSingleton<MasterKeyXmlEncryptor>();
        services.AddOptions<KeyManagementOptions>().Configure<DirectoryKeyRepository, MasterKeyXmlEncryptor>((keys, repository, encryptor) =>
        {
            keys.XmlRepository = repository;
            keys.XmlEncryptor = encryptor;
        });
    }

    private static void AddSchemes(IServiceCollection services, LoginOptions options)
    {
        services.AddAuthentication(LoginScheme.Bearer)
            .AddScheme<AuthenticationSchemeOptions, BearerHandler>(LoginScheme.Bearer, null)
            .AddCookie(BrowserSessions.Scheme, cookie => Configure(cookie, options, "postern-session", options.SessionAbsoluteLimit))
            .AddCookie(PendingSignIn.Scheme, cookie => Configure(cookie, options, "postern-sign-in", LoginLimits.SecondFactorAfterPassword));
        services.AddAuthorizationBuilder().SetDefaultPolicy(
            new AuthorizationPolicyBuilder(LoginScheme.Bearer).RequireAuthenticatedUser().RequireAssertion(ScopedTokens.MayUse).Build());
    }

    private static void AddOAuth(IServiceCollection services)
    {
        services.AddSingleton<AccessTokens>();
        services.AddSingleton<BrowserSessions>();
        services.AddSingleton<PasswordSignIn>();
        services.AddSingleton<PasswordWork>();
        services.AddSingleton<SignInCounts>();
        services.AddSingleton<KnownBrowsers>();
        services.AddSingleton<LoginMetrics>();
        services.AddSingleton(provider => new AuthorizationRequestReader(provider.GetRequiredService<LoginOptions>().Clients));
        services.AddSingleton<ClientIdentification>();
        services.AddSingleton<AuthorizationCodes>();
        services.AddSingleton<AuthorizationCodeGrant>();
        services.AddSingleton<RefreshTokenGrant>();
        services.AddSingleton<ApiTokenGrant>();
        services.AddSingleSignOn();
        services.AddSingleton<DeviceCodeGrant>();
        services.AddSingleton<DeviceAuthorizationEndpoint>();
        services.AddSingleton<AuthorizeEndpoint>();
        services.AddSingleton<TokenEndpoint>();
        services.AddSingleton<RevokeEndpoint>();
        services.AddSingleton<IntrospectEndpoint>();
        services.AddSingleton<MetadataEndpoint>();
        services.AddSingleton<CertificateEndpoint>();
        services.AddSingleton<Pages.PageWriter>();
        services.AddSingleton<Pages.SignInEndpoint>();
        services.AddSingleton<Pages.AccountEndpoint>();
        services.AddSingleton<Pages.SessionsEndpoint>();
        services.AddSingleton<SignedIn>();
        services.AddSingleton<RecentSignIn>();
        services.AddSingleton<ApiTokenEndpoint>();
        services.AddSingleton<InvitationApi>();
        services.AddSingleton<Pages.SshKeysEndpoint>();
        services.AddSingleton<Pages.TokenPages>();
        services.AddSingleton<MfaReminders>();
        services.AddSingleton<Pages.Organizations.OrganizationDoor>();
        services.AddSingleton<Pages.Organizations.MembersEndpoint>();
        services.AddSingleton<Pages.Organizations.OrganizationSecurityEndpoint>();
        services.AddSingleton<Pages.Organizations.SsoPagesEndpoint>();
        services.AddSingleton<Pages.Organizations.MachinesEndpoint>();
        services.AddSingleton<Pages.Projects.ProjectsEndpoint>();
        services.AddSingleton<Pages.Projects.ProjectRolesEndpoint>();
        services.AddSingleton<Pages.ApiTokensEndpoint>();
        services.AddSingleton<Pages.ApprovalsEndpoint>();
        services.AddSingleton<Pages.DeviceEndpoint>();
        services.AddHostedService<ExpirySweep>();
    }

    private static void AddFactors(IServiceCollection services, LoginOptions options)
    {
        services.Configure<IdentityPasskeyOptions>(passkey => Passkeys.Configure(passkey, options));
        services.AddScoped<IPasskeyHandler<User>, PasskeyHandler<User>>();
        services.AddSingleton<Passkeys>();
        services.AddSingleton<AuthenticatorSetup>();
        services.AddSingleton<FactorProver>();
        services.AddSingleton<PasswordProver>();
        services.AddSingleton<PendingSignIn>();
        services.AddSingleton<RecentProof>();
        services.AddSingleton<Pages.Factors.NewFactor>();
        services.AddSingleton<Pages.Factors.FirstPasskeyForm>();
        services.AddSingleton<Pages.Factors.FactorPages>();
        services.AddSingleton<Pages.Factors.SecondFactorEndpoint>();
        services.AddSingleton<Pages.Factors.PasskeySignInEndpoint>();
        services.AddSingleton<Pages.Factors.ConfirmEndpoint>();
        services.AddSingleton<Pages.Factors.SecurityEndpoint>();
        services.AddSingleton<Pages.Factors.AuthenticatorEndpoint>();
        services.AddSingleton<Pages.Factors.PasskeyEndpoint>();
        services.AddSingleton<Pages.Factors.RecoveryCodeEndpoint>();
    }

    private static void Configure(CookieAuthenticationOptions cookie, LoginOptions options, string name, TimeSpan life)
    {
        cookie.ExpireTimeSpan = life;
        cookie.SlidingExpiration = false; // The session's row says when it ends.
        Configure(cookie.Cookie, options, name);
    }

    private static void Configure(AntiforgeryOptions antiforgery, LoginOptions options)
    {
        antiforgery.FormFieldName = Pages.FormFields.Antiforgery;
        antiforgery.HeaderName = null;
        antiforgery.SuppressXFrameOptionsHeader = true; // The pages say frame-ancestors 'none' themselves.
        Configure(antiforgery.Cookie, options, "postern-form");
    }

    // The prefix __Host- makes browsers refuse the cookie from anything but this host by https (RFC 6265bis section 4.1.3.2).
    private static void Configure(CookieBuilder cookie, LoginOptions options, string name)
    {
        cookie.Name = options.IsHttps ? "__Host-" + name : name;
        cookie.Path = "/";
        cookie.HttpOnly = true;
        cookie.SameSite = SameSiteMode.Lax;
        cookie.IsEssential = true;
        cookie.SecurePolicy = options.IsHttps ? CookieSecurePolicy.Always : CookieSecurePolicy.None;
    }
}

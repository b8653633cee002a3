using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.Approvals;
using Postern.Directory.Audit;
using Postern.Directory.Certificates;
using Postern.Directory.Changes;
using Postern.Directory.Devices;
using Postern.Directory.Factors;
using Postern.Directory.Organizations;
using Postern.Directory.People;
using Postern.Directory.Projects;
using Postern.Directory.Secrets;
using Postern.Directory.Sessions;
using Postern.Directory.SingleSignOn;

namespace Postern.Directory.Storage;

/// <summary>
/// All state of Postern, in one context so that one transaction can hold any change (docs/decisions/0003).
/// Bulk updates (<c>ExecuteUpdate</c>) bypass the change feed: whoever uses one on rows that matter for
/// authorization adds a <see cref="Change"/> in the same transaction.
/// </summary>
public sealed class DirectoryContext(DbContextOptions<DirectoryContext> options) : IdentityUserContext<User, Guid>(options)
{
    /// <summary>Organizations.</summary>
    public DbSet<Organization> Organizations => Set<Organization>();

    /// <summary>People's places in organizations.</summary>
    public DbSet<OrganizationMember> OrganizationMembers => Set<OrganizationMember>();

    /// <summary>Accounts of machines.</summary>
    public DbSet<MachineUser> MachineUsers => Set<MachineUser>();

    /// <summary>Offers to join organizations.</summary>
    public DbSet<Invitation> Invitations => Set<Invitation>();

    /// <summary>Links that were mailed.</summary>
    public DbSet<MailLink> MailLinks => Set<MailLink>();

    /// <summary>Mails that are still to be sent.</summary>
    public DbSet<QueuedMail> QueuedMails => Set<QueuedMail>();

    /// <summary>Wrong passwords that were tried.</summary>
    public DbSet<SignInCount> SignInCounts => Set<SignInCount>();

    /// <summary>Codes by which the first account is made.</summary>
    public DbSet<SetupCode> SetupCodes => Set<SetupCode>();

    /// <summary>Projects.</summary>
    public DbSet<Project> Projects => Set<Project>();

    /// <summary>People's roles on projects.</summary>
    public DbSet<ProjectMember> ProjectMembers => Set<ProjectMember>();

    /// <summary>Environments.</summary>
    public DbSet<ProjectEnvironment> Environments => Set<ProjectEnvironment>();

    /// <summary>OpenID Connect providers.</summary>
    public DbSet<IdentityProvider> IdentityProviders => Set<IdentityProvider>();

    /// <summary>Domains of e-mail addresses, and whose they are.</summary>
    public DbSet<SsoDomain> SsoDomains => Set<SsoDomain>();

    /// <summary>Who people are at providers.</summary>
    public DbSet<SsoIdentity> SsoIdentities => Set<SsoIdentity>();

    /// <summary>Sign-ins at providers.</summary>
    public DbSet<SsoLogin> SsoLogins => Set<SsoLogin>();

    /// <summary>Registered public keys.</summary>
    public DbSet<SshKey> SshKeys => Set<SshKey>();

    /// <summary>Authenticator apps.</summary>
    public DbSet<AuthenticatorApp> AuthenticatorApps => Set<AuthenticatorApp>();

    /// <summary>Recovery codes.</summary>
    public DbSet<RecoveryCode> RecoveryCodes => Set<RecoveryCode>();

    /// <summary>Codes of second factors that were tried.</summary>
    public DbSet<FactorAttempts> FactorAttempts => Set<FactorAttempts>();

    /// <summary>Challenges of passkeys that were answered.</summary>
    public DbSet<UsedChallenge> UsedChallenges => Set<UsedChallenge>();

    /// <summary>Second factors that were proved inside ssh.</summary>
    public DbSet<SshApproval> SshApprovals => Set<SshApproval>();

    /// <summary>Sign-ins.</summary>
    public DbSet<Session> Sessions => Set<Session>();

    /// <summary>Authorization codes.</summary>
    public DbSet<AuthorizationCode> AuthorizationCodes => Set<AuthorizationCode>();

    /// <summary>Requests of programs without a browser.</summary>
    public DbSet<DeviceRequest> DeviceRequests => Set<DeviceRequest>();

    /// <summary>Refresh tokens.</summary>
    public DbSet<RefreshToken> RefreshTokens => Set<RefreshToken>();

    /// <summary>API tokens.</summary>
    public DbSet<ApiToken> ApiTokens => Set<ApiToken>();

    /// <summary>Record of user certificates.</summary>
    public DbSet<IssuedCertificate> IssuedCertificates => Set<IssuedCertificate>();

    /// <summary>Keys of the certificate authority.</summary>
    public DbSet<AuthorityKey> AuthorityKeys => Set<AuthorityKey>();

    /// <summary>Keys that sign access tokens.</summary>
    public DbSet<SigningKey> SigningKeys => Set<SigningKey>();

    /// <summary>Data Protection's key ring.</summary>
    public DbSet<DataProtectionKey> DataProtectionKeys => Set<DataProtectionKey>();

    /// <summary>What happened, append-only.</summary>
    public DbSet<AuditEvent> AuditEvents => Set<AuditEvent>();

    /// <summary>What changed for authorization.</summary>
    public DbSet<Change> Changes => Set<Change>();

    /// <summary>Version 3 has the passkeys.</summary>
    protected override Version SchemaVersion => IdentitySchemaVersions.Version3;

    /// <inheritdoc />
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        base.ConfigureConventions(configurationBuilder);
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UnixMillisecondsConverter>();
        configurationBuilder.Properties<OrganizationRole>().HaveConversion<LowerCaseEnumConverter<OrganizationRole>>();
        configurationBuilder.Properties<ProjectRole>().HaveConversion<LowerCaseEnumConverter<ProjectRole>>();
        configurationBuilder.Properties<EnvironmentRole>().HaveConversion<LowerCaseEnumConverter<EnvironmentRole>>();
        configurationBuilder.Properties<EnvironmentType>().HaveConversion<LowerCaseEnumConverter<EnvironmentType>>();
        configurationBuilder.Properties<EnvironmentStatus>().HaveConversion<LowerCaseEnumConverter<EnvironmentStatus>>();
        configurationBuilder.Properties<AuthorityKeyState>().HaveConversion<LowerCaseEnumConverter<AuthorityKeyState>>();
    }

    /// <inheritdoc />
    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);
        DirectoryModel.ConfigurePeople(builder);
        DirectoryModel.ConfigureFactors(builder);
        AccountModel.Configure(builder);
        DirectoryModel.ConfigureApprovals(builder);
        DirectoryModel.ConfigureProjects(builder);
        DirectoryModel.ConfigureSessions(builder);
        DirectoryModel.ConfigureRecords(builder);
        DeviceModel.Configure(builder);
        SsoModel.Configure(builder);
        DirectoryModel.NameInSnakeCase(builder);
    }
}

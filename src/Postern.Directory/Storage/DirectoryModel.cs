using System.Text;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Postern.Directory.Approvals;
using Postern.Directory.Audit;
using Postern.Directory.Certificates;
using Postern.Directory.Changes;
using Postern.Directory.Factors;
using Postern.Directory.Organizations;
using Postern.Directory.People;
using Postern.Directory.Projects;
using Postern.Directory.Secrets;
using Postern.Directory.Sessions;

namespace Postern.Directory.Storage;

/// <summary>Tables, keys, lengths and indexes. A test compares them with the scripts under Schema.</summary>
internal static class DirectoryModel
{
    // Lengths are what the longest valid value needs; a longer one is a fault that the database should refuse.
    private const int NameLength = 255;
    private const int HashLength = 64;
    private const int AddressLength = 64;
    private const int WordLength = 32;
    private const int LongTextLength = 2048;

    public static void ConfigurePeople(ModelBuilder builder)
    {
        builder.Entity<User>(user =>
        {
            user.ToTable("users");
            user.Property(u => u.FirstName).HasMaxLength(NameLength);
            user.Property(u => u.LastName).HasMaxLength(NameLength);
            user.Ignore(u => u.DisplayName);
            user.HasIndex(u => u.NormalizedEmail).HasDatabaseName("users_normalized_email").IsUnique();
            user.HasIndex(u => u.NormalizedUserName).HasDatabaseName("users_normalized_user_name").IsUnique();
        });
        builder.Entity<IdentityUserClaim<Guid>>().ToTable("user_claims");
        builder.Entity<IdentityUserLogin<Guid>>().ToTable("user_logins");
        builder.Entity<IdentityUserToken<Guid>>().ToTable("user_tokens");
        builder.Entity<IdentityUserPasskey<Guid>>(passkey =>
        {
            passkey.ToTable("user_passkeys");
            passkey.Property<DateTimeOffset?>("LastUsedAt"); // Identity keeps only when it was made.
        });

        builder.Entity<SshKey>(key =>
        {
            key.ToTable("ssh_keys");
            key.Property(k => k.Title).HasMaxLength(SshKey.MaximumTitleLength);
            key.Property(k => k.Type).HasMaxLength(NameLength);
            key.Property(k => k.Sha256Fingerprint).HasMaxLength(HashLength);
            key.Property(k => k.Md5Fingerprint).HasMaxLength(WordLength);
            key.Property(k => k.LastUsedAddress).HasMaxLength(AddressLength);
            key.HasIndex(k => k.Blob).IsUnique();
            key.HasIndex(k => k.UserId);
            key.HasOne<User>().WithMany().HasForeignKey(k => k.UserId).OnDelete(DeleteBehavior.Cascade);
        });

        builder.Entity<Organization>(organization =>
        {
            organization.ToTable("organizations");
            organization.Property(o => o.Id).HasMaxLength(OrganizationId.Length);
            organization.Property(o => o.Name).HasMaxLength(NameLength);
            organization.Property(o => o.Label).HasMaxLength(NameLength);
            organization.Property(o => o.Type).HasMaxLength(WordLength);
            organization.HasIndex(o => o.Name).IsUnique();
            organization.HasIndex(o => o.OwnerId);
            organization.HasOne<User>().WithMany().HasForeignKey(o => o.OwnerId).OnDelete(DeleteBehavior.Restrict);
        });

        builder.Entity<OrganizationMember>(member =>
        {
            member.ToTable("organization_members");
            member.HasKey(m => new { m.OrganizationId, m.UserId });
            member.Property(m => m.Role).HasMaxLength(WordLength);
            member.HasIndex(m => m.UserId);
            member.HasOne<Organization>().WithMany().HasForeignKey(m => m.OrganizationId).OnDelete(DeleteBehavior.Cascade);
            member.HasOne<User>().WithMany().HasForeignKey(m => m.UserId).OnDelete(DeleteBehavior.Cascade);
        });

        builder.Entity<MachineUser>(machine =>
        {
            machine.ToTable("machine_users");
            machine.HasKey(m => m.UserId);
            machine.Property(m => m.UserId).ValueGeneratedNever();
            machine.Property(m => m.OrganizationId).HasMaxLength(OrganizationId.Length);
            machine.HasIndex(m => m.OrganizationId);
            machine.HasOne<Organization>().WithMany().HasForeignKey(m => m.OrganizationId).OnDelete(DeleteBehavior.Cascade);
            machine.HasOne<User>().WithOne().HasForeignKey<MachineUser>(m => m.UserId).OnDelete(DeleteBehavior.Cascade);
        });
    }

    public static void ConfigureFactors(ModelBuilder builder)
    {
        builder.Entity<AuthenticatorApp>(app =>
        {
            app.ToTable("authenticator_apps");
            app.HasKey(a => a.UserId);
            app.Property(a => a.UserId).ValueGeneratedNever();
            app.HasOne<User>().WithOne().HasForeignKey<AuthenticatorApp>(a => a.UserId).OnDelete(DeleteBehavior.Cascade);
        });

        builder.Entity<RecoveryCode>(code =>
        {
            code.ToTable("recovery_codes");
            code.HasKey(c => c.CodeHash);
            code.Property(c => c.CodeHash).HasMaxLength(HashLength);
            code.HasIndex(c => c.UserId);
            code.HasOne<User>().WithMany().HasForeignKey(c => c.UserId).OnDelete(DeleteBehavior.Cascade);
        });

        builder.Entity<FactorAttempts>(attempts =>
        {
            attempts.ToTable("factor_attempts");
            attempts.HasKey(a => new { a.UserId, a.Browser });
            attempts.Property(a => a.Browser).HasMaxLength(FactorLimits.Browser);
            attempts.HasOne<User>().WithMany().HasForeignKey(a => a.UserId).OnDelete(DeleteBehavior.Cascade);
        });

        builder.Entity<UsedChallenge>(challenge =>
        {
            challenge.ToTable("used_challenges");
            challenge.HasKey(c => c.Hash);
            challenge.Property(c => c.Hash).HasMaxLength(HashLength);
            challenge.HasIndex(c => c.ExpiresAt);
        });
    }

    public static void ConfigureApprovals(ModelBuilder builder) =>
        builder.Entity<SshApproval>(approval =>
        {
            approval.ToTable("ssh_approvals");
            approval.Property(a => a.Id).ValueGeneratedNever();
            approval.Property(a => a.OrganizationId).HasMaxLength(OrganizationId.Length);
            approval.Property(a => a.Source).HasMaxLength(SshApproval.MaximumSourceLength);
            approval.HasIndex(a => a.UserId);
            approval.HasIndex(a => a.SshKeyId);
            approval.HasIndex(a => a.OrganizationId);
            approval.HasOne<User>().WithMany().HasForeignKey(a => a.UserId).OnDelete(DeleteBehavior.Cascade);
            approval.HasOne<SshKey>().WithMany().HasForeignKey(a => a.SshKeyId).OnDelete(DeleteBehavior.Cascade);
            approval.HasOne<Organization>().WithMany().HasForeignKey(a => a.OrganizationId).OnDelete(DeleteBehavior.Cascade);
        });

    public static void ConfigureProjects(ModelBuilder builder)
    {
        builder.Entity<Project>(project =>
        {
            project.ToTable("projects");
            project.Property(p => p.Id).HasMaxLength(ProjectId.MaximumLength);
            project.Property(p => p.Title).HasMaxLength(NameLength);
            project.Property(p => p.Region).HasMaxLength(NameLength);
            project.Property(p => p.Entropy).HasMaxLength(ProjectId.EntropyLength);
            project.Property(p => p.DefaultBranch).HasMaxLength(NameLength);
            project.HasIndex(p => p.OrganizationId);
            project.HasOne<Organization>().WithMany().HasForeignKey(p => p.OrganizationId).OnDelete(DeleteBehavior.Restrict);
        });

        builder.Entity<ProjectMember>(member =>
        {
            member.ToTable("project_members");
            member.HasKey(m => new { m.ProjectId, m.UserId });
            member.Property(m => m.Role).HasMaxLength(WordLength);
            member.Property(m => m.ProductionRole).HasMaxLength(WordLength);
            member.Property(m => m.StagingRole).HasMaxLength(WordLength);
            member.Property(m => m.DevelopmentRole).HasMaxLength(WordLength);
            member.HasIndex(m => m.UserId);
            member.HasOne<Project>().WithMany().HasForeignKey(m => m.ProjectId).OnDelete(DeleteBehavior.Cascade);
            member.HasOne<User>().WithMany().HasForeignKey(m => m.UserId).OnDelete(DeleteBehavior.Cascade);
        });

        builder.Entity<ProjectEnvironment>(environment =>
        {
            environment.ToTable("environments");
            environment.HasKey(e => new { e.ProjectId, e.Name });
            environment.Property(e => e.Name).HasMaxLength(NameLength);
            environment.Property(e => e.MachineName).HasMaxLength(HashLength);
            environment.Property(e => e.Title).HasMaxLength(NameLength);
            environment.Property(e => e.Type).HasMaxLength(WordLength);
            environment.Property(e => e.Status).HasMaxLength(WordLength);
            environment.Property(e => e.Parent).HasMaxLength(NameLength);
            environment.Property(e => e.TreeId).HasMaxLength(HashLength);
            environment.HasIndex(e => new { e.ProjectId, e.MachineName }).IsUnique();
            environment.HasOne<Project>().WithMany().HasForeignKey(e => e.ProjectId).OnDelete(DeleteBehavior.Cascade);
        });
    }

    public static void ConfigureSessions(ModelBuilder builder)
    {
        builder.Entity<Session>(session =>
        {
            session.ToTable("sessions");
            session.Property(s => s.ClientId).HasMaxLength(NameLength);
            session.Property(s => s.Grant).HasMaxLength(NameLength);
            session.Property(s => s.Address).HasMaxLength(AddressLength);
            session.Property(s => s.UserAgent).HasMaxLength(NameLength);
            session.Property(s => s.Amr).HasMaxLength(NameLength);
            session.Property(s => s.RevokedReason).HasMaxLength(NameLength);
            session.Ignore(s => s.HasMfa);
            session.HasIndex(s => s.UserId);
            session.HasIndex(s => s.ApiTokenId);
            session.HasOne<User>().WithMany().HasForeignKey(s => s.UserId).OnDelete(DeleteBehavior.Cascade);
            session.HasOne<ApiToken>().WithMany().HasForeignKey(s => s.ApiTokenId).OnDelete(DeleteBehavior.Restrict);
        });

        builder.Entity<AuthorizationCode>(code =>
        {
            code.ToTable("authorization_codes");
            code.HasKey(c => c.CodeHash);
            code.Property(c => c.CodeHash).HasMaxLength(HashLength);
            code.Property(c => c.ClientId).HasMaxLength(NameLength);
            code.Property(c => c.RedirectUri).HasMaxLength(LongTextLength);
            code.Property(c => c.CodeChallenge).HasMaxLength(HashLength);
            code.Property(c => c.Scope).HasMaxLength(NameLength);
            code.Property(c => c.Amr).HasMaxLength(NameLength);
            code.HasIndex(c => c.ExpiresAt);
            code.HasIndex(c => c.UserId);
            code.HasIndex(c => c.SessionId);
            code.HasOne<User>().WithMany().HasForeignKey(c => c.UserId).OnDelete(DeleteBehavior.Cascade);
            code.HasOne<Session>().WithMany().HasForeignKey(c => c.SessionId).OnDelete(DeleteBehavior.Cascade);
        });

        builder.Entity<RefreshToken>(token =>
        {
            token.ToTable("refresh_tokens");
            token.HasKey(t => t.TokenHash);
            token.Property(t => t.TokenHash).HasMaxLength(HashLength);
            token.Property(t => t.ReplacedByHash).HasMaxLength(HashLength);
            token.HasIndex(t => t.SessionId);
            token.HasIndex(t => t.ExpiresAt);
            token.HasOne<Session>().WithMany().HasForeignKey(t => t.SessionId).OnDelete(DeleteBehavior.Cascade);
        });

        builder.Entity<ApiToken>(token =>
        {
            token.ToTable("api_tokens");
            token.Property(t => t.Name).HasMaxLength(NameLength);
            token.Property(t => t.TokenHash).HasMaxLength(HashLength);
            token.Property(t => t.Prefix).HasMaxLength(WordLength);
            token.Property(t => t.LastUsedAddress).HasMaxLength(AddressLength);
            token.Property(t => t.ProjectId).HasMaxLength(ProjectId.MaximumLength);
            token.Ignore(t => t.Scope);
            token.HasIndex(t => t.TokenHash).IsUnique();
            token.HasIndex(t => t.UserId);
            token.HasOne<User>().WithMany().HasForeignKey(t => t.UserId).OnDelete(DeleteBehavior.Cascade);
        });
    }

    public static void ConfigureRecords(ModelBuilder builder)
    {
        // The record of certificates and the audit trail outlive the people and sessions in them: no foreign keys.
        builder.Entity<IssuedCertificate>(certificate =>
        {
            certificate.ToTable("issued_certificates");
            certificate.HasKey(c => c.Serial);
            certificate.Property(c => c.Serial).ValueGeneratedNever();
            certificate.Property(c => c.KeyId).HasMaxLength(NameLength);
            certificate.Property(c => c.TokenId).HasMaxLength(NameLength);
            certificate.Property(c => c.KeyFingerprint).HasMaxLength(HashLength);
            certificate.Property(c => c.Principals).HasMaxLength(LongTextLength);
            certificate.Property(c => c.SourceAddress).HasMaxLength(AddressLength);
            certificate.HasIndex(c => c.SessionId);
            certificate.HasIndex(c => c.UserId);
        });

        builder.Entity<AuthorityKey>(key =>
        {
            key.ToTable("authority_keys");
            key.Property(k => k.Purpose).HasMaxLength(WordLength);
            key.Property(k => k.PublicKey).HasMaxLength(LongTextLength);
            key.Property(k => k.State).HasMaxLength(WordLength);
            key.HasIndex(k => k.Purpose).IsUnique().HasFilter("state = 'active'").HasDatabaseName("authority_keys_one_active");
        });

        builder.Entity<SigningKey>(key =>
        {
            key.ToTable("signing_keys");
            key.HasKey(k => k.KeyId);
            key.Property(k => k.KeyId).HasMaxLength(NameLength);
        });

        builder.Entity<DataProtectionKey>(key =>
        {
            key.ToTable("data_protection_keys");
            key.Property(k => k.FriendlyName).HasMaxLength(NameLength);
        });

        builder.Entity<AuditEvent>(record =>
        {
            record.ToTable("audit_events");
            record.Property(e => e.Actor).HasMaxLength(NameLength);
            record.Property(e => e.ConnectionId).HasMaxLength(HashLength);
            record.Property(e => e.Action).HasMaxLength(HashLength);
            record.Property(e => e.Subject).HasMaxLength(LongTextLength);
            record.HasIndex(e => e.At);
        });

        builder.Entity<Change>(change =>
        {
            change.ToTable("changes");
            change.Property(c => c.Kind).HasMaxLength(WordLength);
            change.Property(c => c.Subject).HasMaxLength(LongTextLength);
        });
    }

    /// <summary>Gives columns, keys and indexes the names that people write in SQL on both databases.</summary>
    public static void NameInSnakeCase(ModelBuilder builder)
    {
        foreach (var entity in builder.Model.GetEntityTypes())
        {
            if (entity.IsMappedToJson())
            {
                entity.SetContainerColumnName("data");
                continue;
            }

            var table = entity.GetTableName()!;
            foreach (var property in entity.GetProperties())
            {
                property.SetColumnName(SnakeCase(property.Name));
            }

            foreach (var key in entity.GetKeys())
            {
                key.SetName($"{table}_key");
            }

            foreach (var foreignKey in entity.GetForeignKeys())
            {
                foreignKey.SetConstraintName($"{table}_{Columns(foreignKey.Properties)}_fkey");
            }

            foreach (var index in entity.GetIndexes())
            {
                if (index.FindAnnotation(RelationalAnnotationNames.Name) is null)
                {
                    index.SetDatabaseName($"{table}_{Columns(index.Properties)}");
                }
            }
        }
    }

    private static string Columns(IEnumerable<IReadOnlyProperty> properties) =>
        string.Join('_', properties.Select(p => SnakeCase(p.Name)));

    private static string SnakeCase(string name)
    {
        var text = new StringBuilder(name.Length + 4);
        for (var i = 0; i < name.Length; i++)
        {
            if (char.IsAsciiLetterUpper(name[i]) && i > 0)
            {
                text.Append('_');
            }

            text.Append(char.ToLowerInvariant(name[i]));
        }

        return text.ToString();
    }
}

using Microsoft.EntityFrameworkCore;
using Postern.Directory.Organizations;
using Postern.Directory.People;
using Postern.Directory.Sessions;
using Postern.Directory.SingleSignOn;

namespace Postern.Directory.Storage;

/// <summary>The tables of sign-in at other providers; <see cref="DirectoryModel"/> names their columns.</summary>
internal static class SsoModel
{
    private const int NameLength = 255;

    public static void Configure(ModelBuilder builder)
    {
        builder.Entity<IdentityProvider>(provider =>
        {
            provider.ToTable("identity_providers");
            provider.Property(p => p.Id).ValueGeneratedNever();
            provider.Property(p => p.OrganizationId).HasMaxLength(OrganizationId.Length);
            provider.Property(p => p.Name).HasMaxLength(SsoMethod.LongestName);
            provider.Property(p => p.Label).HasMaxLength(NameLength);
            provider.Property(p => p.Issuer).HasMaxLength(SsoIdentity.MaximumIssuerLength);
            provider.Property(p => p.ClientId).HasMaxLength(NameLength);
            provider.Ignore(p => p.Method);
            provider.HasIndex(p => p.Name).IsUnique();
            provider.HasIndex(p => p.OrganizationId);
            provider.HasOne<Organization>().WithMany().HasForeignKey(p => p.OrganizationId).OnDelete(DeleteBehavior.Cascade);
        });

        builder.Entity<SsoDomain>(domain =>
        {
            domain.ToTable("sso_domains");
            domain.HasKey(d => d.Domain);
            domain.Property(d => d.Domain).HasMaxLength(SsoDomain.MaximumLength);
            domain.Property(d => d.Suffix).HasMaxLength(SsoDomain.MaximumLength + 1);
            domain.Property(d => d.OrganizationId).HasMaxLength(OrganizationId.Length);
            domain.HasIndex(d => d.OrganizationId);
            domain.HasIndex(d => d.ProviderId);
            domain.HasOne<Organization>().WithMany().HasForeignKey(d => d.OrganizationId).OnDelete(DeleteBehavior.Cascade);
            domain.HasOne<IdentityProvider>().WithMany().HasForeignKey(d => d.ProviderId).OnDelete(DeleteBehavior.SetNull);
        });

        builder.Entity<SsoIdentity>(identity =>
        {
            identity.ToTable("sso_identities");
            identity.HasKey(i => new { i.ProviderId, i.Issuer, i.Subject });
            identity.Property(i => i.Issuer).HasMaxLength(SsoIdentity.MaximumIssuerLength);
            identity.Property(i => i.Subject).HasMaxLength(SsoIdentity.MaximumSubjectLength);
            identity.HasIndex(i => new { i.ProviderId, i.Issuer, i.UserId }).IsUnique();
            identity.HasIndex(i => i.UserId);
            identity.HasOne<IdentityProvider>().WithMany().HasForeignKey(i => i.ProviderId).OnDelete(DeleteBehavior.Cascade);
            identity.HasOne<User>().WithMany().HasForeignKey(i => i.UserId).OnDelete(DeleteBehavior.Cascade);
        });

        builder.Entity<SsoLogin>(login =>
        {
            login.ToTable("sso_logins");
            login.Property(l => l.Id).ValueGeneratedNever();
            login.HasIndex(l => l.ProviderId);
            login.HasIndex(l => l.UserId);
            login.HasIndex(l => l.CheckedAt);
            login.HasOne<IdentityProvider>().WithMany().HasForeignKey(l => l.ProviderId).OnDelete(DeleteBehavior.Cascade);
            login.HasOne<User>().WithMany().HasForeignKey(l => l.UserId).OnDelete(DeleteBehavior.Cascade);
        });

        // Not foreign keys: a session outlives its provider just long enough to be ended with a reason.
        builder.Entity<Session>().HasIndex(s => s.SsoLoginId);
    }
}

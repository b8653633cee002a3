using Microsoft.EntityFrameworkCore;
using Postern.Directory.Organizations;
using Postern.Directory.People;

namespace Postern.Directory.Storage;

/// <summary>The tables by which accounts come into being and are kept.</summary>
internal static class AccountModel
{
    private const int EmailLength = 256;
    private const int HashLength = 64;
    private const int WordLength = 32;

    public static void Configure(ModelBuilder builder)
    {
        builder.Entity<Invitation>(invitation =>
        {
            invitation.ToTable("invitations");
            invitation.Property(i => i.OrganizationId).HasMaxLength(OrganizationId.Length);
            invitation.Property(i => i.Email).HasMaxLength(EmailLength);
            invitation.Property(i => i.NormalizedEmail).HasMaxLength(EmailLength);
            invitation.Property(i => i.Role).HasMaxLength(WordLength);
            invitation.HasIndex(i => new { i.OrganizationId, i.NormalizedEmail })
                .IsUnique().HasFilter("accepted_at IS NULL AND revoked_at IS NULL").HasDatabaseName("invitations_one_open");
            invitation.HasOne<Organization>().WithMany().HasForeignKey(i => i.OrganizationId).OnDelete(DeleteBehavior.Cascade);
        });

        builder.Entity<MailLink>(link =>
        {
            link.ToTable("mail_links");
            link.HasKey(l => l.TokenHash);
            link.Property(l => l.TokenHash).HasMaxLength(HashLength);
            link.Property(l => l.Purpose).HasMaxLength(WordLength);
            link.Property(l => l.NormalizedEmail).HasMaxLength(EmailLength);
            link.HasIndex(l => l.UserId);
            link.HasIndex(l => l.InvitationId);
            link.HasIndex(l => l.ExpiresAt);
            link.HasOne<User>().WithMany().HasForeignKey(l => l.UserId).OnDelete(DeleteBehavior.Cascade);
            link.HasOne<Invitation>().WithMany().HasForeignKey(l => l.InvitationId).OnDelete(DeleteBehavior.Cascade);
        });

        builder.Entity<QueuedMail>(mail =>
        {
            mail.ToTable("queued_mails");
            mail.Property(m => m.Kind).HasMaxLength(WordLength);
            mail.Property(m => m.Recipient).HasMaxLength(EmailLength);
            mail.HasIndex(m => m.DueAt);
        });

        builder.Entity<SignInCount>(count =>
        {
            count.ToTable("sign_in_counts");
            count.HasKey(c => c.NameHash);
            count.Property(c => c.NameHash).HasMaxLength(HashLength);
            count.HasIndex(c => c.EndsAt);
        });

        builder.Entity<SetupCode>(code =>
        {
            code.ToTable("setup_codes");
            code.HasKey(c => c.CodeHash);
            code.Property(c => c.CodeHash).HasMaxLength(HashLength);
        });
    }
}

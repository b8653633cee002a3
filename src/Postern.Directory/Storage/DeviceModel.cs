using Microsoft.EntityFrameworkCore;
using Postern.Directory.Devices;
using Postern.Directory.People;
using Postern.Directory.Sessions;

namespace Postern.Directory.Storage;

/// <summary>The table of requests from devices; <see cref="DirectoryModel"/> names its columns.</summary>
internal static class DeviceModel
{
    private const int HashLength = 64;
    private const int AddressLength = 64;
    private const int NameLength = 255;

    public static void Configure(ModelBuilder builder) => builder.Entity<DeviceRequest>(request =>
    {
        request.ToTable("device_requests");
        request.HasKey(r => r.DeviceCodeHash);
        request.Property(r => r.DeviceCodeHash).HasMaxLength(HashLength);
        request.Property(r => r.UserCodeHash).HasMaxLength(HashLength);
        request.Property(r => r.Requester).HasMaxLength(NameLength);
        request.Property(r => r.Purpose).HasMaxLength(DeviceLimits.Purpose);
        request.Property(r => r.Scope).HasMaxLength(NameLength);
        request.Property(r => r.RequiredAmr).HasMaxLength(NameLength);
        request.Property(r => r.Address).HasMaxLength(AddressLength);
        request.Property(r => r.Network).HasMaxLength(AddressLength);
        request.Property(r => r.UserAgent).HasMaxLength(NameLength);
        request.Property(r => r.Amr).HasMaxLength(NameLength);
        request.HasIndex(r => r.UserCodeHash).IsUnique();
        request.HasIndex(r => r.ExpiresAt);
        request.HasIndex(r => r.UserId);
        request.HasIndex(r => r.SessionId);
        request.HasOne<User>().WithMany().HasForeignKey(r => r.UserId).OnDelete(DeleteBehavior.Cascade);
        request.HasOne<Session>().WithMany().HasForeignKey(r => r.SessionId).OnDelete(DeleteBehavior.Cascade);
    });
}

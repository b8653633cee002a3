using Postern.Directory.Organizations;

namespace Postern.Login.Tests.Testing;

/// <summary>Organizations for tests.</summary>
internal static class Organizations
{
    public static async Task<Organization> AddOrganizationAsync(this LoginServer server, Guid ownerId, string name = "acme", string label = "Acme")
    {
        var now = server.Clock.GetUtcNow();
        var organization = new Organization { Id = OrganizationId.Create(server.Clock), Name = name, Label = label, OwnerId = ownerId, CreatedAt = now, UpdatedAt = now };
        await using var context = await server.Contexts.CreateDbContextAsync();
        context.Organizations.Add(organization);
        await context.SaveChangesAsync();
        await server.AddMemberAsync(organization.Id, ownerId, OrganizationRole.Owner);
        return organization;
    }

    public static async Task AddMemberAsync(this LoginServer server, string organizationId, Guid userId, OrganizationRole role)
    {
        var now = server.Clock.GetUtcNow();
        await using var context = await server.Contexts.CreateDbContextAsync();
        context.OrganizationMembers.Add(new OrganizationMember { OrganizationId = organizationId, UserId = userId, Role = role, CreatedAt = now, UpdatedAt = now });
        await context.SaveChangesAsync();
    }
}

using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Postern.Directory.Organizations;
using Postern.Directory.People;

namespace Postern.Directory.Tests.Testing;

/// <summary>An organization with an owner, an administrator and a member, and another one of a stranger.</summary>
internal sealed class Company(TestDirectory directory) : IAsyncDisposable
{
    public TestDirectory Directory { get; } = directory;

    public Membership Membership => Directory.Services.GetRequiredService<Membership>();

    public OrganizationReader Reader => Directory.Services.GetRequiredService<OrganizationReader>();

    public MachineUsers Machines => Directory.Services.GetRequiredService<MachineUsers>();

    public User Owner { get; } = directory.NewUser("owner");

    public User Admin { get; } = directory.NewUser("admin");

    public User Member { get; } = directory.NewUser("member");

    public User Stranger { get; } = directory.NewUser("eve");

    public Organization Acme { get; private set; } = null!;

    public Organization Other { get; private set; } = null!;

    public static async Task<Company> CreateAsync(string provider, PostgreSqlServer server)
    {
        var company = new Company(await TestDirectory.CreateAsync(provider, server));
        await company.Directory.SaveAsync(company.Owner, company.Admin, company.Member, company.Stranger);
        company.Acme = company.Directory.NewOrganization(company.Owner);
        company.Other = company.Directory.NewOrganization(company.Stranger, "other");
        await company.Directory.SaveAsync(company.Acme, company.Other);
        await company.Directory.SaveAsync(
            company.Place(company.Owner, OrganizationRole.Owner),
            company.Place(company.Admin, OrganizationRole.Admin),
            company.Place(company.Member, OrganizationRole.Member));
        await using var context = await company.Directory.Contexts.CreateDbContextAsync();
        await context.Changes.ExecuteDeleteAsync();
        return company;
    }

    public OrganizationActor As(User user, bool hasMfa = false) => new(user.Id, hasMfa, "req-1");

    public ValueTask DisposeAsync() => Directory.DisposeAsync();

    public OrganizationMember Place(User user, OrganizationRole role, Organization? organization = null) => new()
    {
        OrganizationId = (organization ?? Acme).Id,
        UserId = user.Id,
        Role = role,
        CreatedAt = Directory.Clock.GetUtcNow(),
        UpdatedAt = Directory.Clock.GetUtcNow(),
    };
}

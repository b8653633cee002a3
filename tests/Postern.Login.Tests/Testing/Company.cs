using System.Net;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.Organizations;
using Postern.Directory.People;
using Postern.Directory.Projects;

namespace Postern.Login.Tests.Testing;

/// <summary>An organization with an owner (Ada), an administrator, a member, a contributor to its project, and somebody outside.</summary>
internal sealed class Company
{
    public const string Password = "another long password";

    private readonly LoginServer _server;

    private Company(LoginServer server, Organization organization, Project project)
    {
        (_server, Organization, Project) = (server, organization, project);
    }

    public Organization Organization { get; }

    public Project Project { get; }

    public string Page => $"/account/organizations/{Organization.Id}";

    public static async Task<Company> CreateAsync(LoginServer server)
    {
        var now = server.Clock.GetUtcNow();
        var organization = new Organization
        {
            Id = OrganizationId.Create(server.Clock),
            Name = "acme",
            Label = "Acme Inc.",
            OwnerId = server.User.Id,
            CreatedAt = now,
            UpdatedAt = now,
        };
        var project = new Project
        {
            Id = "abcdefghijklm",
            Title = "Shop",
            OrganizationId = organization.Id,
            Region = "local",
            Entropy = ProjectId.CreateEntropy(),
            DefaultBranch = "main",
            CreatedAt = now,
            UpdatedAt = now,
        };
        var company = new Company(server, organization, project);
        var people = new Dictionary<string, User>();
        foreach (var name in new[] { "admin", "member", "dev", "eve" })
        {
            people[name] = await server.CreateUserAsync($"{name}@example.com", Password);
        }

        await company.SaveAsync(organization);
        await company.SaveAsync(
            project,
            company.Place(server.User, OrganizationRole.Owner),
            company.Place(people["admin"], OrganizationRole.Admin),
            company.Place(people["member"], OrganizationRole.Member));
        await company.SaveAsync(new ProjectMember { ProjectId = project.Id, UserId = people["dev"].Id, Role = ProjectRole.Viewer, CreatedAt = now, UpdatedAt = now });
        return company;
    }

    public Task<Guid> UserIdAsync(string name) =>
        _server.QueryAsync(c => c.Users.Where(u => u.Email == $"{name}@example.com").Select(u => u.Id).SingleAsync());

    /// <summary>A browser in which somebody is signed in; with <paramref name="hasMfa"/> their session says that it had a second factor.</summary>
    public async Task<Browser> SignInAsync(string name, bool hasMfa = false)
    {
        var browser = _server.Browser();
        var response = await browser.SignInAsync($"{name}@example.com", name == "ada" ? LoginServer.Password : Password);
        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
        if (hasMfa)
        {
            // The sign-in itself is tested with the factors; here it matters only what the session says.
            var userId = await UserIdAsync(name);
            await _server.QueryAsync(c => c.Sessions.Where(s => s.UserId == userId).ExecuteUpdateAsync(row => row.SetProperty(s => s.Amr, "pwd mfa")));
        }

        return browser;
    }

    public async Task RequireMfaAsync()
    {
        await _server.QueryAsync(async c =>
        {
            (await c.Organizations.SingleAsync(o => o.Id == Organization.Id)).RequiresMfa = true;
            return await c.SaveChangesAsync();
        });
    }

    public Task<OrganizationRole?> RoleAsync(string name) => _server.QueryAsync(c => c.OrganizationMembers
        .Where(m => m.OrganizationId == Organization.Id && c.Users.Any(u => u.Id == m.UserId && u.Email == $"{name}@example.com"))
        .Select(m => (OrganizationRole?)m.Role).SingleOrDefaultAsync());

    private OrganizationMember Place(User user, OrganizationRole role) =>
        new() { OrganizationId = Organization.Id, UserId = user.Id, Role = role, CreatedAt = Organization.CreatedAt, UpdatedAt = Organization.CreatedAt };

    private Task<int> SaveAsync(params object[] rows) => _server.QueryAsync(c =>
    {
        c.AddRange(rows);
        return c.SaveChangesAsync();
    });
}

using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Identity;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Postern.Authority;
using Postern.Directory.Organizations;
using Postern.Directory.People;
using Postern.Directory.Projects;
using Postern.Directory.Schema;
using Postern.Directory.Storage;
using Postern.Login;
using Postern.Login.Accounts;
using Postern.Login.Mail;

namespace Postern.Web.Tests;

/// <summary>The login pages served by Kestrel on a loopback port of their own, over a database of their own.</summary>
internal sealed class LoginSite : IAsyncDisposable
{
    public const string Email = "ada@example.com";
    public const string Password = "correct horse battery";
    public const string FaultPath = "/fault";
    public const string ProjectId = "abcdefghijklm";

    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("postern-web-").FullName;
    private WebApplication? _application;

    private LoginSite(string host) => Url = $"http://{host}:{Ports.Free()}";

    public string Url { get; }

    private string ConnectionString => $"Data Source={Path.Combine(_folder, "directory.db")}";

    /// <summary>Starts at an address or, for what browsers do only for a host with a name, at <c>localhost</c>.</summary>
    public static async Task<LoginSite> StartAsync(MailOptions? mail = null, bool isEmpty = false, string host = "127.0.0.1")
    {
        var site = new LoginSite(host);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(site.Url);
        builder.Logging.ClearProviders();
        var services = builder.Services;
        services.AddDirectory(new DirectoryOptions { ConnectionString = site.ConnectionString });
        services.Configure<PasswordHasherOptions>(hashing => hashing.IterationCount = 1000);
        services.AddSingleton(_ => new MasterKey(RandomNumberGenerator.GetBytes(MasterKey.Size)));
        services.AddSingleton(provider => new CertificateAuthority(
            new TestAuthorityStore(provider.GetRequiredService<IDbContextFactory<DirectoryContext>>()),
            new TestLedger(provider.GetRequiredService<IDbContextFactory<DirectoryContext>>()),
            provider.GetRequiredService<MasterKey>(),
            new AuthorityConfig { ExtensionDomain = "postern.test" },
            TimeProvider.System,
            RandomNumberGenerator.Create(),
            NullLogger<CertificateAuthority>.Instance));
        services.AddPosternLogin(new LoginOptions { Issuer = site.Url, LockoutThreshold = 3, Mail = mail });
        site._application = builder.Build();
        site._application.UseFaultAnswers();
        site._application.MapPosternLogin();
        site._application.MapGet(FaultPath, void () => throw new InvalidOperationException("A fault of the server, as its page has to say."));
        await site._application.Services.GetRequiredService<SchemaRunner>().RunAsync(CancellationToken.None);
        await site._application.Services.GetRequiredService<CertificateAuthority>().InitializeAsync(CancellationToken.None);
        if (!isEmpty)
        {
            await site.AddPersonAsync(Email, "Ada", "Lovelace");
        }

        await site._application.StartAsync();
        return site;
    }

    public IServiceProvider Services => _application!.Services;

    public async Task ChangeAsync(Func<DirectoryContext, Task> change)
    {
        await using var context = await Services.GetRequiredService<IDbContextFactory<DirectoryContext>>().CreateDbContextAsync();
        await change(context);
        await context.SaveChangesAsync();
    }

    public async Task<User> AddPersonAsync(string email, string firstName, string lastName)
    {
        await using var scope = Services.CreateAsyncScope();
        var result = await scope.ServiceProvider.GetRequiredService<AccountService>().CreateAsync(new(email, firstName, lastName, Password));
        return result.User ?? throw new InvalidOperationException(string.Join(' ', result.Faults));
    }

    /// <summary>An organization of Ada's with a project in it.</summary>
    public async Task<Organization> AddProjectAsync()
    {
        var now = DateTimeOffset.UtcNow;
        Organization? organization = null;
        await ChangeAsync(async context =>
        {
            var ada = await context.Users.SingleAsync(u => u.Email == Email);
            organization = new Organization
            {
                Id = OrganizationId.Create(TimeProvider.System),
                Name = "acme",
                Label = "Acme Inc.",
                OwnerId = ada.Id,
                CreatedAt = now,
                UpdatedAt = now,
            };
            context.Add(organization);
            await context.SaveChangesAsync();
            context.Add(new OrganizationMember
            {
                OrganizationId = organization.Id,
                UserId = ada.Id,
                Role = OrganizationRole.Owner,
                CreatedAt = now,
                UpdatedAt = now,
            });
            context.Add(new Project
            {
                Id = ProjectId,
                Title = "Shop",
                OrganizationId = organization.Id,
                Region = "local",
                Entropy = Postern.Directory.Projects.ProjectId.CreateEntropy(),
                DefaultBranch = "main",
                CreatedAt = now,
                UpdatedAt = now,
            });
        });
        return organization!;
    }

    public Task AddMemberAsync(Organization organization, User user, OrganizationRole role, bool hasMfa = false) => ChangeAsync(async context =>
    {
        context.Add(new OrganizationMember
        {
            OrganizationId = organization.Id,
            UserId = user.Id,
            Role = role,
            CreatedAt = DateTimeOffset.UtcNow,
            UpdatedAt = DateTimeOffset.UtcNow,
        });
        (await context.Users.SingleAsync(u => u.Id == user.Id)).TwoFactorEnabled = hasMfa;
    });

    public async ValueTask DisposeAsync()
    {
        if (_application is not null)
        {
            // Disposing alone would not wait for the hosted services, which may be in the middle of a look at the database.
            await _application.StopAsync();
            await _application.DisposeAsync();
        }

        using var connection = new SqliteConnection(ConnectionString);
        SqliteConnection.ClearPool(connection);
        System.IO.Directory.Delete(_folder, recursive: true);
    }
}

using Postern.Testing;

namespace Postern.EndToEnd;

/// <summary>One running Postern for all tests that do not disturb each other, with three people of different roles.</summary>
public sealed class Installation : IAsyncLifetime
{
    public const string Project = "abcdefg123456";
    public const string Service = Project + "-main-bvxea6i--app";
    public const string Destination = Service + "@ssh.local.postern.test";

    /// <summary>What is deployed; people are added before it is applied.</summary>
    public const string Document = """
        organizations:
          - name: acme
            label: Acme
            owner: owner@postern.test
        projects:
          - id: abcdefg123456
            title: Test Project
            organization: acme
            default_branch: main
            members:
              contributor@postern.test: { role: viewer, production: contributor }
              viewer@postern.test: viewer
            environments:
              main:
                type: production
                apps:
                  app:
                    type: "bash:5"
                    mounts: [var]
                    relationships:
                      database: "db:postgresql"
                      cache: "kv:redis"
                    workers:
                      open: { access: { ssh: viewer } }
                services:
                  db: { type: "postgresql:15" }
                  kv: { type: "redis:7" }
              sleeping:
                type: development
                status: inactive
                apps:
                  app: { type: "bash:5" }
        """;

    public PosternInstallation Postern { get; private set; } = null!;

    public PersonalHome Owner { get; private set; } = null!;

    public PersonalHome Contributor { get; private set; } = null!;

    public PersonalHome Viewer { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Postern = await PosternInstallation.CreateAsync();
        var tokens = new Dictionary<string, string>();
        foreach (var name in new[] { "owner", "contributor", "viewer" })
        {
            tokens[name] = await Postern.AddPersonAsync($"{name}@postern.test", name);
        }

        await Postern.ApplyAsync(Document);
        await Postern.StartAsync();
        Owner = await EnterAsync("owner", tokens["owner"]);
        Contributor = await EnterAsync("contributor", tokens["contributor"]);
        Viewer = await EnterAsync("viewer", tokens["viewer"]);
    }

    public async Task DisposeAsync() => await Postern.DisposeAsync();

    /// <summary>A home whose owner has a certificate and an ssh configuration.</summary>
    public async Task<PersonalHome> EnterAsync(string name, string token)
    {
        var home = Postern.MakeHome(name, token);
        await home.UseServerAsync();
        await home.ReadPosternAsync("ssh-cert:load", "--yes");
        return home;
    }
}

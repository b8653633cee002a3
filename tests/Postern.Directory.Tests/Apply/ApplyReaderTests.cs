using Postern.Directory.Apply;
using Postern.Directory.Deployments;
using Postern.Directory.Projects;

namespace Postern.Directory.Tests.Apply;

public class ApplyReaderTests
{
    [Fact]
    public void Example_OfTheDocumentation_HasNoFaults()
    {
        var (document, faults) = Read(ApplyExample.Text);

        Assert.Empty(faults);
        var main = document!.Projects[0].Environments[0].Content!;
        Assert.Equal(["app", "app--queue"], main.Apps.Select(a => a.QualifiedName));
        Assert.Equal(["contributor", "admin"], main.Apps.Select(a => a.SshAccess));
        Assert.Equal(new DeployedRelationship("db", "postgresql"), main.Apps[1].Relationships["database"]);
        Assert.Equal(new DeployedRelationship("cache", "redis"), main.Apps[0].Relationships["sessions"]);
        Assert.Equal(new DeployedRelationship("cache", "redis"), main.Apps[0].Relationships["cache"]);
        Assert.Equal("C.UTF-8", main.Variables["env:LANG"]);
        Assert.Equal("demo", main.Variables["env:APP_MODE"]);
        Assert.Equal("/base/shop", main.Apps[0].Source);
        Assert.Equal("app", main.Routes["https://{default}/"]);
        Assert.Null(document.Projects[0].Environments[1].Content);
        Assert.Equal(EnvironmentRole.Admin, document.Projects[0].Members![1].Development);
    }

    [Fact]
    public void AllFaults_AreReportedAtOnce_WithPathAndLine()
    {
        var (_, faults) = Read("""
            organizations:
              - name: Acme Inc
                owner: nobody
                color: blue
            projects:
              - id: short
                organization: acme
                members:
                  ada@example.com: contributor
                environments:
                  main:
                    type: prod
                    services:
                      db: {type: postgresql}
                    apps:
                      app:
                        type: "php:8.3"
                        instances: 0
                        access: {ssh: everyone}
                        relationships:
                          database: "postgres:postgresql"
                        mounts: [../etc, data, /data]
                      "42": {type: "php:8.3"}
                    routes:
                      "https://{default}/": web
            """);

        string[] expected =
        [
            "line 2: organizations[0].name: this must be lower-case letters",
            "line 3: organizations[0].owner: this must be the e-mail address",
            "line 4: organizations[0].color: this key is not known here; known are: label, members, name, owner",
            "line 6: projects[0].id: this must be 12 to 22",
            "line 9: projects[0].members[\"ada@example.com\"]: use one of: admin, viewer.",
            "line 12: projects[0].environments.main.type: use one of: production, staging, development.",
            "line 14: projects[0].environments.main.services.db.type: this must be a name and a version",
            "line 18: projects[0].environments.main.apps.app.instances: use a whole number from 1 to 32.",
            "line 19: projects[0].environments.main.apps.app.access.ssh: use one of: admin, contributor, viewer.",
            "line 21: projects[0].environments.main.apps.app.relationships.database: the environment has no service 'postgres'; it declares: db.",
            "line 22: projects[0].environments.main.apps.app.mounts[0]: this must be a path below",
            "line 22: projects[0].environments.main.apps.app.mounts[2]: the mount is listed twice.",
            "line 23: projects[0].environments.main.apps.42: the name is wrong",
            "line 25: projects[0].environments.main.routes[\"https://{default}/\"]: the environment has no app 'web'.",
        ];
        Assert.Equal(expected.Length, faults.Count);
        Assert.All(expected.Zip(faults), pair => Assert.StartsWith(pair.First, pair.Second.ToString(), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("# nothing\n", "is empty")]
    [InlineData("- a", "keys and values are expected")]
    [InlineData("just text", "keys and values are expected")]
    [InlineData("organizations: {}", "a list is expected")]
    [InlineData("organizations: [a]", "keys and values are expected")]
    [InlineData("organizations: []\norganizations: []", "the key occurs twice")]
    [InlineData("projects: [", "not YAML")]
    [InlineData("projects: []\n---\nprojects: []", "second document")]
    [InlineData("projects: &a []", "anchors")]
    [InlineData("a: &a [x,x]\nb: [*a,*a]", "anchors")]
    [InlineData("projects: *a", "alias")]
    [InlineData("projects: !!binary aGVsbG8=", "tags")]
    [InlineData("? [a]\n: b", "a key must be a text")]
    [InlineData("projects: [{id: \"\\0\"}]", "NUL")]
    [InlineData("<<: {projects: []}", "not known here")]
    public void Document_ThatIsNotOurs_IsRefused(string text, string reason)
    {
        var (_, faults) = Read(text);
        Assert.Contains(reason, string.Join('\n', faults), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData('[')]
    [InlineData('{')]
    public void Nesting_WithoutEnd_IsRefusedEarly(char bracket)
    {
        var (document, faults) = Read("projects: " + new string(bracket, 500_000));
        Assert.Null(document);
        Assert.Single(faults);
    }

    [Fact]
    public void Document_ThatIsTooLong_IsNotParsed()
    {
        var (_, faults) = Read("# " + new string('x', 1024 * 1024));
        Assert.Contains("at most 1048576", Assert.Single(faults).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FaultsWithoutEnd_AreCut()
    {
        var (_, faults) = Read("projects: [" + string.Concat(Enumerable.Repeat("x,", 10_000)) + "]");
        Assert.Equal(200, faults.Count);
    }

    private static (ApplyDocument? Document, IReadOnlyList<ApplyFault> Faults) Read(string text)
    {
        var faults = new ApplyFaults();
        return (ApplyReader.Read(text, "/base", faults), faults.InOrder());
    }
}

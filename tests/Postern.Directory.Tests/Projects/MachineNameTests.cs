using Postern.Directory.Projects;

namespace Postern.Directory.Tests.Projects;

public class MachineNameTests
{
    [Theory]
    [InlineData("main", "main-bvxea6i")]
    [InlineData("master", "master-7rqtwti")]
    [InlineData("MC-35985-integration", "mc-35985-integration-nnulm4a")]
    [InlineData("pr-662", "pr-662-mendzpy")]
    [InlineData("staging", "staging-5em2ouy")]
    [InlineData("develop", "develop-sr3snxi")]
    [InlineData("dev", "dev-54ta5gq")]
    [InlineData("test", "test-t6dnbai")]
    public void Branch_OfTheDocumentation_HasItsKnownName(string branch, string expected) =>
        Assert.Equal(expected, MachineName.FromBranch(branch));

    [Theory]
    [InlineData("feature/a--b", "feature-a-b-")]
    [InlineData("--x--", "x-")]
    [InlineData("größe", "gr-e-")]
    [InlineData("a-very-long-branch-name-that-goes-on-and-on", "a-very-long-branch-name-that-goe-")]
    [InlineData("12345678901234567890123456789012/x", "12345678901234567890123456789012-")]
    [InlineData("1234567890123456789012345678901/x", "1234567890123456789012345678901-")]
    public void Slug_HasNoHyphensInARow_AndIsCut(string branch, string start)
    {
        var name = MachineName.FromBranch(branch);
        Assert.StartsWith(start, name, StringComparison.Ordinal);
        Assert.Equal(start.Length + 7, name.Length);
        Assert.DoesNotContain("--", name, StringComparison.Ordinal);
    }

    [Fact]
    public void Branch_WithoutLettersOrDigits_StillHasASlug() =>
        Assert.Matches("^env-[a-z2-7]{7}$", MachineName.FromBranch("日本"));
}

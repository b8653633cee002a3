using Postern.Gateway.Routing;

namespace Postern.Gateway.Tests.Routing;

/// <summary>The user name grammar (SECURITY 53: names that were mistaken for others elsewhere).</summary>
public class SshUserNameTests
{
    [Theory]
    [InlineData("abcdefg123456-main-bvxea6i--app", "abcdefg123456", "main-bvxea6i", "app", null, 0)]
    [InlineData("jyu7waly36ncj-main-7rqtwti--app--queue", "jyu7waly36ncj", "main-7rqtwti", "app", "queue", 0)]
    [InlineData("jyu7waly36ncj-main-7rqtwti--app--queue--2", "jyu7waly36ncj", "main-7rqtwti", "app", "queue", 2)]
    [InlineData("jyu7waly36ncj-main-7rqtwti--app--1", "jyu7waly36ncj", "main-7rqtwti", "app", null, 1)]
    [InlineData("abc-mc-35985-integration-nnulm4a--my-app", "abc", "mc-35985-integration-nnulm4a", "my-app", null, 0)]
    [InlineData("abc-feature--x-nnulm4a--app", "abc", "feature--x-nnulm4a", "app", null, 0)]
    [InlineData("abc-main-bvxea6i--api_v2--3", "abc", "main-bvxea6i", "api_v2", null, 3)]
    public void Name_OfTheGrammar_IsRead(
        string text, string project, string machine, string app, string? worker, int instance)
    {
        Assert.True(SshUserName.TryParse(text, out var name));
        Assert.Equal(new SshUserName(project, machine, app, worker, instance), name);
    }

    [Theory]
    [InlineData("")]
    [InlineData("root")]
    [InlineData("0")]
    [InlineData("web")]
    [InlineData("abc-main-bvxea6i")]
    [InlineData("abc-main-bvxea6i--")]
    [InlineData("abc-main-bvxea6i--0")]
    [InlineData("abc-main-bvxea6i--app--")]
    [InlineData("abc-main-bvxea6i--app----1")]
    [InlineData("abc-main-bvxea6i--app--w--1--2")]
    [InlineData("abc-main-bvxea6i--app--w--x")]
    [InlineData("abc-main-bvxea6i--app--12345")]
    [InlineData("abc-main-bvxea6i---app")]
    [InlineData("ABC-main-bvxea6i--app")]
    [InlineData("abc-Main-bvxea6i--app")]
    [InlineData("abc-main-bvxea61--app")]
    [InlineData("abc-main-bvxea6i--../app")]
    [InlineData("abc-main-bvxea6i--app%u")]
    [InlineData("abc-main-bvxea6i--app\n")]
    [InlineData("abc-main-bvxea6i--app\0")]
    [InlineData(" abc-main-bvxea6i--app")]
    [InlineData("abc-main-bvxea6i--аpp")]
    [InlineData("abc-main-bvxea6i--app;id")]
    public void Name_OfAnyOtherForm_IsRefused(string text) => Assert.False(SshUserName.TryParse(text, out _));

    [Fact]
    public void Name_ThatIsTooLong_IsRefused() =>
        Assert.False(SshUserName.TryParse("abc-main-bvxea6i--" + new string('a', SshUserName.MaximumLength), out _));
}

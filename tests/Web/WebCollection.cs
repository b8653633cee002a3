namespace Postern.Web.Tests;

/// <summary>One browser serves all tests, one test at a time: two cores do not carry more.</summary>
[CollectionDefinition(Name)]
public sealed class WebCollection : ICollectionFixture<ChromiumFixture>
{
    public const string Name = "web";
}

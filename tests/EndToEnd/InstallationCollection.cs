namespace Postern.EndToEnd;

/// <summary>The tests that share one installation.</summary>
[CollectionDefinition(Name)]
public sealed class InstallationCollection : ICollectionFixture<Installation>
{
    public const string Name = "installation";
}

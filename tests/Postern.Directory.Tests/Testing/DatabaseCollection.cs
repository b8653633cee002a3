namespace Postern.Directory.Tests.Testing;

/// <summary>All tests that need a database share one PostgreSQL server.</summary>
[CollectionDefinition(Name)]
public sealed class DatabaseCollection : ICollectionFixture<PostgreSqlServer>
{
    public const string Name = "database";
}

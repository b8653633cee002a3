using Microsoft.EntityFrameworkCore;
using Postern.Directory.Storage;
using Postern.Directory.Tests.Testing;

namespace Postern.Directory.Tests.Schema;

/// <summary>A database made by the scripts equals one that the model would make.</summary>
[Collection(DatabaseCollection.Name)]
public class ModelAgreementTests(PostgreSqlServer server)
{
    private const string PostgreSqlDescription = """
        SELECT 'column ' || table_name || '.' || column_name || ' ' || data_type || ' '
            || COALESCE(character_maximum_length::text, '') || ' ' || is_nullable || ' ' || is_identity AS "Value"
        FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'schema_version'
        UNION ALL
        SELECT 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'schema_version'
        UNION ALL
        SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'schema_version'
        """;

    private const string SqliteDescription = """
        SELECT 'column ' || t.name || '.' || c.name || ' ' || c.type || ' ' || c."notnull" || ' ' || c.pk AS "Value"
        FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name <> 'schema_version'
        UNION ALL
        SELECT 'reference ' || t.name || '.' || f."from" || ' ' || f."table" || '.' || f."to" || ' ' || f.on_delete
        FROM sqlite_master t, pragma_foreign_key_list(t.name) f WHERE t.type = 'table'
        UNION ALL
        SELECT 'index ' || sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL
        """;

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task Scripts_AndModel_MakeTheSameTables(string provider)
    {
        await using var byScripts = await TestDirectory.CreateAsync(provider, server);
        await using var byModel = await TestDirectory.CreateWithoutSchemaAsync(provider, server);
        await using (var context = await byModel.Contexts.CreateDbContextAsync())
        {
            await context.Database.ExecuteSqlRawAsync(context.Database.GenerateCreateScript());
        }

        var scripts = await DescribeAsync(byScripts, provider);
        var model = await DescribeAsync(byModel, provider);

        Assert.NotEmpty(model);
        Assert.Equal(model, scripts);
    }

    private static async Task<List<string>> DescribeAsync(TestDirectory directory, string provider)
    {
        await using var context = await directory.Contexts.CreateDbContextAsync();
        var rows = await context.Database
            .SqlQueryRaw<string>(provider == DirectoryOptions.Sqlite ? SqliteDescription : PostgreSqlDescription)
            .ToListAsync();
        return [.. rows.Order(StringComparer.Ordinal)];
    }
}

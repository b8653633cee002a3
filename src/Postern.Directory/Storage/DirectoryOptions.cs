namespace Postern.Directory.Storage;

/// <summary>Where the Directory is kept.</summary>
public sealed class DirectoryOptions
{
    /// <summary>Value of <see cref="Provider"/> for one machine.</summary>
    public const string Sqlite = "sqlite";

    /// <summary>Value of <see cref="Provider"/> for several processes or machines.</summary>
    public const string PostgreSql = "postgresql";

    /// <summary><c>sqlite</c> (default) or <c>postgresql</c>.</summary>
    public string Provider { get; set; } = Sqlite;

    /// <summary>Connection string of the provider; for SQLite at least <c>Data Source=/path/file.db</c>. Required.</summary>
    public string ConnectionString { get; set; } = "";

    /// <summary>All faults in the options, each naming its key; empty when there is none.</summary>
    public IReadOnlyList<string> FindFaults()
    {
        var faults = new List<string>();
        if (Provider is not (Sqlite or PostgreSql))
        {
            faults.Add($"directory.provider is '{Provider}'; use '{Sqlite}' or '{PostgreSql}'.");
        }

        if (string.IsNullOrWhiteSpace(ConnectionString))
        {
            faults.Add("directory.connection_string is empty; give the file (Data Source=/path/postern.db) or the server.");
        }

        return faults;
    }
}

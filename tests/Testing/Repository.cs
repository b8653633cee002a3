namespace Postern.Testing;

/// <summary>Where things are in the repository.</summary>
public static class Repository
{
    /// <summary>The folder that holds Postern.slnx.</summary>
    public static string Root { get; } = Find();

    /// <summary>The programs that ./build.sh leaves.</summary>
    public static string Programs { get; } = Path.Combine(Root, "artifacts", "bin");

    private static string Find()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Postern.slnx")))
            {
                return directory.FullName;
            }
        }

        throw new InvalidOperationException("Postern.slnx was not found above " + AppContext.BaseDirectory);
    }
}

namespace Fuzz;

/// <summary>The folder that holds Postern.slnx, above the program's own binaries.</summary>
internal static class RepositoryFolder
{
    public static string Path { get; } = Find();

    /// <summary>Inputs that broke something once; they are tried again by the unit tests.</summary>
    public static string Crashes { get; } = System.IO.Path.Combine(Path, "tests", "Fuzz", "crashes");

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Postern.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("Postern.slnx was not found above " + AppContext.BaseDirectory);
    }
}

namespace Postern.Architecture.Tests;

/// <summary>Finds the folder that holds Postern.slnx, above the test's own binaries.</summary>
internal static class RepositoryRoot
{
    public static string Path { get; } = Find();

    private static string Find()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(directory.FullName, "Postern.slnx")))
            {
                return directory.FullName;
            }
        }

        throw new InvalidOperationException("Postern.slnx was not found above " + AppContext.BaseDirectory);
    }
}

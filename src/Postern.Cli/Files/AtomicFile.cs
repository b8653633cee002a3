using System.Text;
using Postern.Cli.Hosting;

namespace Postern.Cli.Files;

/// <summary>Replaces files whole or not at all: a full disk or a crash leaves the old contents.</summary>
internal static class AtomicFile
{
    public const UnixFileMode PrivateFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    public const UnixFileMode PrivateDirectory = PrivateFile | UnixFileMode.UserExecute;

    /// <summary>Writes beside the target, forces it to disk, then renames it over the target.</summary>
    public static void Write(string path, string contents, UnixFileMode mode = PrivateFile)
    {
        var target = FollowLink(path);
        CreateDirectory(Path.GetDirectoryName(target)!);
        var temporary = $"{target}.{Environment.ProcessId}.{Path.GetRandomFileName()}.tmp";
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = mode };
            using (var stream = new FileStream(temporary, options))
            {
                stream.Write(Encoding.UTF8.GetBytes(contents));
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, target, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            TryDelete(temporary);
            throw CliException.Failure($"Could not write the file {path}: {exception.Message}\nIts old contents are unchanged.", exception);
        }
    }

    /// <summary>The contents, or null when there is no such file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limit">The greatest length in bytes that is read.</param>
    public static string? ReadIfExists(string path, long limit)
    {
        try
        {
            if (!File.Exists(path))
            {
                return null;
            }

            var length = new FileInfo(path).Length;
            return length <= limit
                ? File.ReadAllText(path)
                : throw CliException.Failure($"The file {path} is larger than {limit} bytes; it cannot be one of ours.");
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CliException.Failure($"Could not read the file {path}: {exception.Message}", exception);
        }
    }

    public static void CreateDirectory(string path)
    {
        try
        {
            Directory.CreateDirectory(path, PrivateDirectory);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CliException.Failure($"Could not create the directory {path}: {exception.Message}", exception);
        }
    }

    public static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Left behind: the next write or logout removes it.
        }
    }

    // People keep ~/.ssh/config as a link into a repository of settings; the link stays.
    private static string FollowLink(string path) =>
        File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path : path;
}

using System.Security.Cryptography;
using System.Text;
using Postern.Targets.Interop;

namespace Postern.Targets.Environments;

/// <summary>
/// The private copies of an app's code, one for each deployed tree. A copy is complete or not there, belongs to the
/// user the app runs as, and is not touched once an app may see it.
/// </summary>
internal static class AppTree
{
    private const UnixFileMode FolderMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private const UnixFileMode FileMode644 =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Deep trees are cut off before the stack is: real ones have some 20 levels.</summary>
    private const int MaxDepth = 200;

    /// <summary>Makes sure that a copy exists.</summary>
    /// <param name="folder">Where the copies of this app are.</param>
    /// <param name="source">The code, or null for an empty app.</param>
    /// <param name="treeId">Names the deployed tree.</param>
    /// <param name="mounts">Writable folders that need a place in the copy.</param>
    /// <param name="owner">Who the files are to belong to, or null for ourselves.</param>
    /// <returns>The name of the copy inside <paramref name="folder"/>.</returns>
    internal static string Prepare(
        string folder, string? source, string treeId, IReadOnlyList<string> mounts, uint? owner)
    {
        string key = string.Join('\n', [source ?? "", treeId, .. mounts]);
        string name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))[..16];
        string copy = Path.Combine(folder, name);
        if (System.IO.Directory.Exists(copy))
        {
            return name;
        }

        string unfinished = copy + ".new";
        RemoveTree(unfinished);
        MakeFolder(unfinished, owner);
        if (source is not null)
        {
            if (!System.IO.Directory.Exists(source))
            {
                throw new IOException($"The app's source folder {source} does not exist; correct it and apply again.");
            }

            CopyFolder(source, unfinished, owner, 0);
        }

        foreach (string mount in mounts)
        {
            MakeMountPoint(unfinished, mount, owner);
        }

        System.IO.Directory.Move(unfinished, copy);
        return name;
    }

    /// <summary>Removes the copies that are not used any more.</summary>
    internal static void RemoveOthers(string folder, IReadOnlySet<string> used)
    {
        foreach (string path in System.IO.Directory.EnumerateDirectories(folder))
        {
            if (!used.Contains(Path.GetFileName(path)))
            {
                RemoveTree(path);
            }
        }
    }

    /// <summary>The parts of a mount's path, checked: relative, and never upwards.</summary>
    internal static string[] SplitMount(string mount)
    {
        string[] parts = mount.Trim('/').Split('/');
        return parts.All(part => part.Length > 0 && part is not ("." or "..") && !part.Contains('\0', StringComparison.Ordinal))
            ? parts
            : throw new IOException($"The mount '{mount}' is not a relative path without '..'; correct it and apply again.");
    }

    /// <summary>Makes a folder that others may enter, owned by the app's user; leaves one that is there alone.</summary>
    internal static void MakeFolder(string path, uint? owner)
    {
        if (System.IO.Directory.Exists(path))
        {
            return;
        }

        System.IO.Directory.CreateDirectory(path, FolderMode);
        File.SetUnixFileMode(path, FolderMode);
        SetOwner(path, owner);
    }

    internal static void SetOwner(string path, uint? owner)
    {
        if (owner is { } user)
        {
            LibC.Check(LibC.ChangeLinkOwner(path, user, user), "lchown");
        }
    }

    private static void CopyFolder(string source, string target, uint? owner, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new IOException($"The source folder {source} is more than {MaxDepth} levels deep.");
        }

        foreach (FileSystemInfo entry in new DirectoryInfo(source).EnumerateFileSystemInfos())
        {
            string path = Path.Combine(target, entry.Name);
            if (entry.LinkTarget is { } link)
            {
                File.CreateSymbolicLink(path, link);
                SetOwner(path, owner);
            }
            else if (entry is DirectoryInfo)
            {
                MakeFolder(path, owner);
                CopyFolder(entry.FullName, path, owner, depth + 1);
            }
            // Sockets, pipes and devices are not part of an app's code, and opening a pipe would wait for ever.
            else if (entry is FileInfo file && LibC.IsRegularFile(file.FullName))
            {
                file.CopyTo(path);
                bool isProgram = file.UnixFileMode.HasFlag(UnixFileMode.UserExecute);
                File.SetUnixFileMode(path, isProgram ? FolderMode : FileMode644);
                SetOwner(path, owner);
            }
        }
    }

    // A link on the way would lead the mount elsewhere.
    private static void MakeMountPoint(string tree, string mount, uint? owner)
    {
        string path = tree;
        foreach (string part in SplitMount(mount))
        {
            path = Path.Combine(path, part);
            if (new FileInfo(path).LinkTarget is not null || File.Exists(path))
            {
                throw new IOException($"The mount '{mount}' meets a file or link in the app's source; remove it there.");
            }

            MakeFolder(path, owner);
        }
    }

    private static void RemoveTree(string path)
    {
        if (System.IO.Directory.Exists(path))
        {
            System.IO.Directory.Delete(path, recursive: true);
        }
    }
}

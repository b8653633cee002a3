namespace Postern.Targets.Sandboxes;

/// <summary>The part of a sandbox's file system that comes from this machine, all of it read-only.</summary>
internal static class SystemMounts
{
    /// <summary>What programs need from /etc; none of it is secret, and what a machine does not have is left out.</summary>
    private static readonly string[] SharedSettings = [
        "alternatives", "ca-certificates", "ca-certificates.conf", "ssl/certs", "ssl/openssl.cnf", "ld.so.cache",
        "ld.so.conf", "ld.so.conf.d", "localtime", "timezone", "terminfo", "mime.types", "magic", "inputrc", "protocols",
        "services", "fonts", "perl", "python3", "php", "postgresql-common", "vim", "nanorc", "resolv.conf",
    ];

    /// <summary>Folders that are links into /usr on most systems.</summary>
    private static readonly string[] LinkedFolders = ["bin", "sbin", "lib", "lib32", "lib64"];

    /// <summary>Limits of the folders that live in memory, in bytes; real apps write big files to mounts.</summary>
    private const long SharedMemorySize = 256L << 20;
    private const long TemporarySize = 512L << 20;
    private const long RunSize = 64L << 20;

    /// <summary>Arguments of bubblewrap.</summary>
    internal static IEnumerable<string> MakeArguments()
    {
        List<string> arguments = ["--ro-bind", "/usr", "/usr"];
        foreach (string folder in LinkedFolders)
        {
            var directory = new DirectoryInfo("/" + folder);
            if (directory.LinkTarget is { } target)
            {
                arguments.AddRange(["--symlink", target, "/" + folder]);
            }
            else if (directory.Exists)
            {
                arguments.AddRange(["--ro-bind", "/" + folder, "/" + folder]);
            }
        }

        foreach (string name in SharedSettings)
        {
            arguments.AddRange(["--ro-bind-try", "/etc/" + name, "/etc/" + name]);
        }

        // The devices' folder is writable for the user inside until it is mounted again; shared memory stays so.
        arguments.AddRange([
            "--proc", "/proc", "--dev", "/dev", "--size", $"{SharedMemorySize}", "--perms", "1777", "--tmpfs", "/dev/shm",
            "--remount-ro", "/dev",
            "--size", $"{TemporarySize}", "--perms", "1777", "--tmpfs", "/tmp",
            "--size", $"{RunSize}", "--perms", "0755", "--tmpfs", "/run",
        ]);
        return arguments;
    }
}

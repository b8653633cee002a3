using System.Text;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using Postern.Targets.Interop;

namespace Postern.Targets.Sandboxes;

/// <summary>
/// A running bubblewrap sandbox. All in it dies with this process, even if that is killed: bubblewrap asks the kernel
/// for it, and is started from a thread that lives as long as the target.
/// </summary>
internal sealed class Sandbox : IAsyncDisposable
{
    /// <summary>What a sandbox's command prints when it runs, so that all mounts are known to be made.</summary>
    internal const string ReadyLine = "ready";

    private const nuint GetParentNamespace = 0xB702;
    private const string Stage = "/mnt";

    /// <summary>A log that is longer is put aside at the next start; one older is kept.</summary>
    private const long LongestLog = 10 << 20;

    /// <summary>
    /// How long a sandbox may take until its command runs: some 50 ms on an idle machine, and a start that hangs would
    /// hold up everyone who waits for the app.
    /// </summary>
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Programs of this machine that run before a sandbox's own; nothing else of our environment goes along.</summary>
    private static readonly string[] LauncherEnvironment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"];

    private readonly SandboxSpecification _specification;
    private readonly ChildProcess _process;
    private readonly SafeFileHandle _userNamespace;

    private Sandbox(
        SandboxSpecification specification,
        ChildProcess process,
        int firstProcessId,
        SafeFileHandle userNamespace,
        SafeFileHandle terminals,
        SafeFileHandle root)
    {
        _specification = specification;
        _process = process;
        FirstProcessId = firstProcessId;
        _userNamespace = userNamespace;
        Terminals = terminals;
        Root = root;
    }

    /// <summary>The id on this machine of process 1 inside; valid while <see cref="IsAlive"/>.</summary>
    internal int FirstProcessId { get; }

    /// <summary>The sandbox's devpts.</summary>
    internal SafeFileHandle Terminals { get; }

    /// <summary>The sandbox's root folder; paths are resolved in it with <see cref="SandboxFiles"/> only.</summary>
    internal SafeFileHandle Root { get; }

    /// <summary>The user that files and terminals of the sandbox belong to, or null for our own.</summary>
    internal uint? RealUserId => _specification.RealUserId;

    /// <summary>For logs.</summary>
    internal string Name => _specification.Name;

    internal bool IsAlive => !_process.Ended.IsCompleted;

    /// <summary>Completes when the sandbox and every process in it has ended.</summary>
    internal Task<ProcessEnd> Ended => _process.Ended;

    /// <summary>The descriptor that <see cref="MakeEnterCommand"/> needs as the child's extra one.</summary>
    internal SafeFileHandle UserNamespace => _userNamespace;

    /// <summary>Starts a sandbox and waits until its command runs.</summary>
    /// <exception cref="IOException">It did not start; the message has what the programs said.</exception>
    internal static async Task<Sandbox> StartAsync(
        SandboxSpecification specification, string bubblewrapPath, DescriptorPoller poller)
    {
        (SafeFileHandle infoRead, SafeFileHandle infoWrite) = Descriptors.CreatePipe();
        (SafeFileHandle readyRead, SafeFileHandle readyWrite) = Descriptors.CreatePipe();
        using SafeFileHandle nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        string logPath = Path.Combine(specification.Directory, specification.LogName);
        using SafeFileHandle log = OpenLog(logPath);
        byte[][] command = [.. MakeCommand(specification, bubblewrapPath).Select(Encoding.UTF8.GetBytes)];
        using (infoRead)
        using (readyRead)
        {
            ChildProcess process;
            using (infoWrite)
            using (readyWrite)
            {
                process = await poller.RunAsync(() => ChildProcess.Start(
                    poller, command, LauncherEnvironment, [nothing, readyWrite, log, infoWrite]));
            }

            try
            {
                string first = await Task.Run(() => ReadLine(readyRead)).WaitAsync(StartTimeout);
                if (!string.Equals(first, ReadyLine, StringComparison.Ordinal))
                {
                    throw new IOException(
                        $"Sandbox {specification.Name} did not start: {ReadLogEnd(logPath)}");
                }

                return Attach(specification, process, ReadFirstProcessId(infoRead));
            }
            catch (TimeoutException exception)
            {
                process.Signal(SignalNames.Kill);
                throw new IOException(
                    $"Sandbox {specification.Name} did not start within {StartTimeout}: {ReadLogEnd(logPath)}", exception);
            }
            catch
            {
                process.Signal(SignalNames.Kill);
                throw;
            }
        }
    }

    /// <summary>
    /// The command line that runs a command inside, as a new session there. In two steps, because bubblewrap makes a
    /// user namespace for the mounts and another inside it for the command.
    /// </summary>
    internal List<byte[]> MakeEnterCommand(bool hasTerminal, IEnumerable<byte[]> command)
    {
        List<string> enter = [.. MakeIdentityCommand(_specification)];
        enter.AddRange([
            "/usr/bin/nsenter", $"--user=/proc/self/fd/{ChildProcess.ExtraDescriptor}", "--mount", "--pid", "--uts", "--ipc",
            "--preserve-credentials", $"--target={FirstProcessId}", "--",
            "/usr/bin/nsenter", "--user", "--preserve-credentials", "--target=1", "--",
            "/usr/bin/setsid",
        ]);
        if (hasTerminal)
        {
            enter.Add("--ctty");
        }

        List<byte[]> arguments = [.. enter.Select(Encoding.UTF8.GetBytes)];
        arguments.AddRange(command);
        return arguments;
    }

    /// <summary>The last lines of a sandbox's log, for errors.</summary>
    internal static string ReadLogEnd(string path)
    {
        const int MaxLength = 2000;
        string text = File.ReadAllText(path);
        return (text.Length > MaxLength ? text[^MaxLength..] : text).Trim();
    }

    /// <summary>Sends a signal to process 1 inside; it reaches programs that handle it.</summary>
    internal void SignalFirstProcess(int signal)
    {
        if (IsAlive)
        {
            _ = LibC.Kill(FirstProcessId, signal);
        }
    }

    /// <summary>Kills everything inside and waits until it is gone.</summary>
    public async ValueTask DisposeAsync()
    {
        SignalFirstProcess(SignalNames.Kill);
        await _process.Ended;
        _userNamespace.Dispose();
        Terminals.Dispose();
        Root.Dispose();
    }

    private static Sandbox Attach(SandboxSpecification specification, ChildProcess process, int firstProcessId)
    {
        string root = $"/proc/{firstProcessId}";
        using SafeFileHandle inner = LibC.Own(
            LibC.Open($"{root}/ns/user", LibC.OpenCloseOnExec, 0), "open of the sandbox's user namespace");
        SafeFileHandle outer = LibC.Own(LibC.DeviceControl(inner, GetParentNamespace, (nint)0), "NS_GET_PARENT");
        SafeFileHandle terminals = LibC.Own(
            LibC.Open(
                $"{root}/root/dev/pts", LibC.OpenPath | LibC.OpenDirectory | LibC.OpenCloseOnExec, 0),
            "open of the sandbox's terminals");
        SafeFileHandle rootFolder = LibC.Own(
            LibC.Open($"{root}/root", LibC.OpenPath | LibC.OpenDirectory | LibC.OpenCloseOnExec, 0),
            "open of the sandbox's root");
        return new Sandbox(specification, process, firstProcessId, outer, terminals, rootFolder);
    }

    private static IEnumerable<string> MakeCommand(SandboxSpecification specification, string bubblewrapPath)
    {
        string stage = specification.Directory;
        if (specification.RealUserId is not null)
        {
            // The user it runs as may not enter the folders above, so root shows it this one folder elsewhere.
            stage = Stage;
            foreach (string argument in (string[])[
                "/usr/bin/unshare", "--mount", "--propagation", "slave", "--",
                "/bin/sh", "-c", $"mount --bind \"$1\" {Stage} && shift && exec \"$@\"", "sh", specification.Directory])
            {
                yield return argument;
            }
        }

        foreach (string argument in MakeIdentityCommand(specification))
        {
            yield return argument;
        }

        yield return bubblewrapPath;
        string[] options = [
            "--die-with-parent", "--new-session", "--clearenv", "--info-fd", $"{ChildProcess.ExtraDescriptor}",
            "--unshare-user", "--uid", $"{specification.InnerUserId}", "--gid", $"{specification.InnerUserId}",
            "--disable-userns", "--unshare-pid", "--unshare-ipc", "--unshare-cgroup-try",
            "--unshare-uts", "--hostname", specification.HostName,
            .. specification.IsCommandFirstProcess ? (string[])["--as-pid-1"] : [],
            .. specification.Mounts(stage),
            "--",
        ];
        foreach (string argument in options.Concat(specification.Command))
        {
            yield return argument;
        }
    }

    // From here on nothing of the server's rights is left.
    private static string[] MakeIdentityCommand(SandboxSpecification specification)
        => specification.RealUserId is { } user
            ? [
                "/usr/bin/setpriv", $"--reuid={user}", $"--regid={user}", "--clear-groups", "--bounding-set=-all",
                "--inh-caps=-all", "--no-new-privs", "--",
            ]
            : ["/usr/bin/setpriv", "--no-new-privs", "--"];

    private static SafeFileHandle OpenLog(string path)
    {
        const int WriteAppendCreate = 0x1 | 0x400 | 0x40;
        const int ReadableByOwner = 0x180;
        if (File.Exists(path) && new FileInfo(path).Length > LongestLog)
        {
            File.Move(path, path + ".1", overwrite: true);
        }

        return LibC.Own(LibC.Open(path, WriteAppendCreate | LibC.OpenCloseOnExec, ReadableByOwner), $"open of {path}");
    }

    private static string ReadLine(SafeFileHandle descriptor)
    {
        var line = new StringBuilder();
        Span<byte> next = stackalloc byte[1];
        while (line.Length < ReadyLine.Length + 1 && Descriptors.Read(descriptor, next) is > 0 && next[0] != '\n')
        {
            line.Append((char)next[0]);
        }

        return line.ToString();
    }

    private static int ReadFirstProcessId(SafeFileHandle info)
    {
        const int MaxInfoBytes = 4096; // Bubblewrap writes some 250 bytes at once.
        byte[] buffer = new byte[MaxInfoBytes];
        int count = Descriptors.Read(info, buffer) ?? 0;
        using JsonDocument document = JsonDocument.Parse(buffer.AsMemory(0, count));
        return document.RootElement.GetProperty("child-pid").GetInt32();
    }
}

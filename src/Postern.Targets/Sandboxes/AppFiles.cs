using System.Text;
using System.Text.Json.Nodes;

namespace Postern.Targets.Sandboxes;

/// <summary>The files that we make for an app's sandbox: its small /etc and the scripts that start things inside.</summary>
internal static class AppFiles
{
    /// <summary>Runs as the sandbox's own command; written by <see cref="Write"/>.</summary>
    internal const string InitPath = "/etc/postern/init";

    /// <summary>Runs first in each session; written by <see cref="Write"/>.</summary>
    internal const string EnterPath = "/etc/postern/enter";

    internal const string ConfigurationName = "config.json";

    // The descriptor that is closed is the launcher's user namespace, of no use inside. A syntax error in
    // .environment would end the shell and lock people out, so it is looked for first. The limit on processes (-p in
    // dash, -u in bash) holds for all that the app's user runs.
    private const string EnterScript = """
        exec 9>&-
        ulimit -c 0
        ulimit -p 4096 2>/dev/null || ulimit -u 4096 2>/dev/null
        . /etc/postern/environment
        cd /app
        if [ -r /app/.environment ] && /bin/sh -n /app/.environment; then . /app/.environment; fi
        case $1 in
            shell) exec "$SHELL" -l ;;
            exec) exec "$SHELL" -c "$2" ;;
            sftp) exec /usr/lib/openssh/sftp-server ;;
        esac

        """;

    // Programs have their full path, since the app's variables may set another PATH. The start command is started again when it ends, at most every second and at least every half minute.
    private const string InitScript = """
        echo ready
        exec </dev/null >/dev/null 2>&1
        ulimit -c 0
        ulimit -p 4096 2>/dev/null || ulimit -u 4096 2>/dev/null
        . /etc/postern/environment
        cd /app
        delay=1
        while [ -s /etc/postern/start ]; do
            (
                if [ -r /app/.environment ] && /bin/sh -n /app/.environment; then . /app/.environment; fi
                exec "$SHELL" /etc/postern/start
            ) >>/var/log/app.log 2>&1
            echo "$(/bin/date -u +%Y-%m-%dT%H:%M:%SZ) start command ended with status $?; it starts again in $delay s" >>/var/log/app.log
            /bin/sleep $delay
            if [ $delay -lt 30 ]; then delay=$((delay * 2)); fi
        done
        exec /bin/sleep infinity

        """;

    private const string Profile = """
        if [ -n "${BASH_VERSION-}" ]; then
            . /etc/bash.bashrc
        else
            case $- in *i*) PS1="$LOGNAME@$(hostname):\$PWD\$ " ;; esac
        fi

        """;

    private const string BashSettings = """
        case $- in *i*) ;; *) return ;; esac
        PS1='\u@\H:\w\$ '
        shopt -s checkwinsize
        HISTFILE=/tmp/.bash_history

        """;

    /// <summary>Writes the files of one instance; all are readable by the app and none is writable for it.</summary>
    /// <param name="folder">Existing folder for them.</param>
    /// <param name="hostName">The host name inside.</param>
    /// <param name="userId">The id of <c>web</c> inside.</param>
    /// <param name="shell">The login shell.</param>
    /// <param name="hosts">Address and name of each relationship.</param>
    /// <param name="variables">The environment.</param>
    /// <param name="configuration">For /run/config.json.</param>
    /// <param name="startCommand">The app's start command, or null.</param>
    internal static void Write(
        string folder,
        string hostName,
        int userId,
        string shell,
        IEnumerable<(string Address, string Name)> hosts,
        IReadOnlyDictionary<string, string> variables,
        JsonObject configuration,
        string? startCommand)
    {
        var hostLines = new StringBuilder($"127.0.0.1 localhost\n127.0.0.1 {hostName}\n");
        foreach ((string address, string name) in hosts)
        {
            hostLines.Append($"{address} {name}\n");
        }

        WriteText(folder, "hosts", hostLines.ToString());
        WriteText(folder, "hostname", hostName + "\n");
        WriteText(folder, "passwd", $"""
            root:x:0:0:root:/root:/usr/sbin/nologin
            web:x:{userId}:{userId}:web:/app:{shell}
            nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin

            """);
        WriteText(folder, "group", $"root:x:0:\nweb:x:{userId}:\nnogroup:x:65534:\n");
        WriteText(folder, "nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\nservices: files\n");
        WriteText(folder, "profile", Profile);
        WriteText(folder, "bash.bashrc", BashSettings);
        WriteText(folder, "enter", EnterScript);
        WriteText(folder, "init", InitScript);
        WriteText(folder, "environment", MakeEnvironmentScript(variables));
        WriteText(folder, "start", startCommand is null ? "" : startCommand + "\n");
        WriteText(folder, ConfigurationName, configuration.ToJsonString());
    }

    /// <summary>Arguments of bubblewrap that put the files in place.</summary>
    internal static IEnumerable<string> MakeMountArguments(string folder)
    {
        string[] settings = ["hosts", "hostname", "passwd", "group", "nsswitch.conf", "profile", "bash.bashrc"];
        string[] scripts = ["enter", "init", "environment", "start"];
        return [
            .. settings.SelectMany(name => (string[])["--ro-bind", $"{folder}/{name}", $"/etc/{name}"]),
            .. scripts.SelectMany(name => (string[])["--ro-bind", $"{folder}/{name}", $"/etc/postern/{name}"]),
            "--ro-bind", $"{folder}/{ConfigurationName}", $"/run/{ConfigurationName}",
        ];
    }

    private static string MakeEnvironmentScript(IReadOnlyDictionary<string, string> variables)
    {
        var script = new StringBuilder();
        foreach ((string name, string value) in variables)
        {
            script.Append($"export {name}='{value.Replace("'", "'\\''", StringComparison.Ordinal)}'\n");
        }

        return script.ToString();
    }

    private static void WriteText(string folder, string name, string text)
    {
        const UnixFileMode ReadableByAll =
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        string path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, ReadableByAll);
    }
}

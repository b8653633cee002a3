namespace Postern.Interop;

/// <summary>What clients do in the matrix: the words of the drivers' command lines.</summary>
public static class Scenarios
{
    /// <summary>A command; output, errors and exit status 7 stay apart.</summary>
    public const string Exec = "exec";

    /// <summary>The same with a registered key, for clients that otherwise use a certificate.</summary>
    public const string Key = "key";

    /// <summary>A command that a signal ends.</summary>
    public const string Signal = "signal";

    /// <summary>A signal that the client sends to its command.</summary>
    public const string SendSignal = "sendsignal";

    /// <summary>The client's LANG reaches the command.</summary>
    public const string Environment = "environment";

    /// <summary>A shell on a terminal: its size, a new size, Ctrl-C.</summary>
    public const string Terminal = "terminal";

    /// <summary>64 MB to <c>cat</c> and back, both ways at once where the client can.</summary>
    public const string Transfer = "transfer";

    /// <summary>Changes of keys in the middle of a transfer.</summary>
    public const string Rekey = "rekey";

    /// <summary>Files there and back in each way that the client has: SFTP, scp, rsync, a mounted folder.</summary>
    public const string Files = "files";

    /// <summary>Local forwards to PostgreSQL and Redis, and one that is refused.</summary>
    public const string Tunnel = "tunnel";

    /// <summary>The same through the client's SOCKS server.</summary>
    public const string Socks = "socks";

    /// <summary>A port of the app that leads back to the person's machine.</summary>
    public const string Remote = "remote";

    /// <summary>The client's key agent signs for a command in the app.</summary>
    public const string Agent = "agent";

    /// <summary>Three commands at once on one connection.</summary>
    public const string Sessions = "sessions";

    /// <summary>A connection that has nothing but the client's probes for a while.</summary>
    public const string KeepAlive = "keepalive";

    /// <summary>A user name that leads nowhere: the client says that it was refused, and why.</summary>
    public const string Refusal = "refusal";

    /// <summary>A host key that the client does not expect: it does not connect.</summary>
    public const string WrongHost = "wronghost";

    /// <summary>What remote editors do: long scripts on standard input, a SOCKS server beside one, connections in quick succession.</summary>
    public const string Editor = "editor";

    /// <summary>All, in the order of the table in docs/clients.md.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        Exec, Key, Signal, SendSignal, Environment, Terminal, Transfer, Rekey, Files, Tunnel, Socks, Remote, Agent, Sessions,
        KeepAlive, Refusal, WrongHost, Editor,
    ];
}

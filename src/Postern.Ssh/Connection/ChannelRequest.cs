namespace Postern.Ssh.Connection;

/// <summary>A request on a session channel (RFC 4254 section 6): one of the nested records.</summary>
public abstract record ChannelRequest
{
    private ChannelRequest()
    {
    }

    /// <summary>pty-req (section 6.2). Modes are the encoded terminal modes of section 8.</summary>
    public sealed record PseudoTerminal(string Terminal, TerminalSize Size, ReadOnlyMemory<byte> Modes) : ChannelRequest;

    /// <summary>env (section 6.4).</summary>
    public sealed record EnvironmentVariable(string Name, string Value) : ChannelRequest;

    /// <summary>shell (section 6.5).</summary>
    public sealed record Shell : ChannelRequest;

    /// <summary>exec (section 6.5); the command is bytes, as file names are.</summary>
    public sealed record Exec(ReadOnlyMemory<byte> Command) : ChannelRequest;

    /// <summary>subsystem (section 6.5).</summary>
    public sealed record Subsystem(string Name) : ChannelRequest;

    /// <summary>window-change (section 6.7).</summary>
    public sealed record WindowChange(TerminalSize Size) : ChannelRequest;

    /// <summary>signal (section 6.9); the name has no SIG in front.</summary>
    public sealed record Signal(string Name) : ChannelRequest;

    /// <summary>A request of a kind that the engine does not know; handlers refuse it unless they do.</summary>
    public sealed record Unknown(string Name) : ChannelRequest;
}

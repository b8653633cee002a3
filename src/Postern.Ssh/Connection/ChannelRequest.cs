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

    /// <summary>xon-xoff (section 6.8): whether the client does flow control itself.</summary>
    public sealed record FlowControl(bool CanClientDo) : ChannelRequest;

    /// <summary>signal (section 6.9); the name has no SIG in front.</summary>
    public sealed record Signal(string Name) : ChannelRequest;

    /// <summary>break (RFC 4335); zero milliseconds ask for the usual length.</summary>
    public sealed record Break(uint Milliseconds) : ChannelRequest;

    /// <summary>auth-agent-req@openssh.com: make the client's key agent reachable for the session.</summary>
    public sealed record AgentForwarding : ChannelRequest;

    /// <summary>eow@openssh.com: the peer reads nothing more that is sent to it on the channel, and never wants an answer.</summary>
    public sealed record EndOfWrite : ChannelRequest;

    /// <summary>exit-status (section 6.10), from a server.</summary>
    public sealed record ExitStatus(uint Status) : ChannelRequest;

    /// <summary>exit-signal (section 6.10), from a server; the name has no SIG in front.</summary>
    public sealed record ExitSignal(string Name, bool IsCoreDumped, string PeerMessage) : ChannelRequest;

    /// <summary>A request of a kind that the engine does not know; handlers refuse it unless they do.</summary>
    public sealed record Unknown(string Name) : ChannelRequest;
}

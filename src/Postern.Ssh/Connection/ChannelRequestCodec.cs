using Postern.Ssh.Messages;

namespace Postern.Ssh.Connection;

/// <summary>Reads and writes the name and tail of a channel request (RFC 4254 section 6, RFC 4335, OpenSSH PROTOCOL).</summary>
internal static class ChannelRequestCodec
{
    private const string AgentForwarding = "auth-agent-req@openssh.com";
    private const string EndOfWrite = "eow@openssh.com";
    private const int FixedFields = 64;

    /// <summary>Throws <see cref="Wire.WireFormatException"/> when a known request is malformed.</summary>
    public static ChannelRequest Read(string name, byte[] rest)
    {
        switch (name)
        {
            case "pty-req":
                var pty = MessageCodec.ReadPart<PtyRequest>(rest);
                return new ChannelRequest.PseudoTerminal(pty.Terminal, pty.Size, pty.Modes);
            case "env":
                var variable = MessageCodec.ReadPart<EnvRequest>(rest);
                return new ChannelRequest.EnvironmentVariable(variable.Name, variable.Value);
            case "shell":
                return new ChannelRequest.Shell();
            case "exec":
                return new ChannelRequest.Exec(MessageCodec.ReadPart<ExecRequest>(rest).Command);
            case "subsystem":
                return new ChannelRequest.Subsystem(MessageCodec.ReadPart<SubsystemRequest>(rest).Name);
            case "window-change":
                return new ChannelRequest.WindowChange(MessageCodec.ReadPart<WindowChangeRequest>(rest).Size);
            case "xon-xoff":
                return new ChannelRequest.FlowControl(MessageCodec.ReadPart<XonXoffRequest>(rest).CanClientDo);
            case "signal":
                return new ChannelRequest.Signal(MessageCodec.ReadPart<SignalRequest>(rest).Name);
            case "break":
                return new ChannelRequest.Break(MessageCodec.ReadPart<BreakRequest>(rest).Milliseconds);
            case AgentForwarding:
                return new ChannelRequest.AgentForwarding();
            case EndOfWrite:
                return new ChannelRequest.EndOfWrite();
            case "exit-status":
                return new ChannelRequest.ExitStatus(MessageCodec.ReadPart<ExitStatusRequest>(rest).Status);
            case "exit-signal":
                var signal = MessageCodec.ReadPart<ExitSignalRequest>(rest);
                return new ChannelRequest.ExitSignal(signal.SignalName, signal.IsCoreDumped, signal.Text);
            default:
                return new ChannelRequest.Unknown(name);
        }
    }

    /// <summary>Name and tail of a request of ours.</summary>
    public static (string Name, byte[] Tail) Write(ChannelRequest request) => request switch
    {
        ChannelRequest.PseudoTerminal pty => ("pty-req", MessageCodec.WritePart(
            new PtyRequest(pty.Terminal, pty.Size, pty.Modes.ToArray()),
            FixedFields + (3 * pty.Terminal.Length) + pty.Modes.Length)),
        ChannelRequest.EnvironmentVariable variable => ("env", MessageCodec.WritePart(
            new EnvRequest(variable.Name, variable.Value), FixedFields + (3 * (variable.Name.Length + variable.Value.Length)))),
        ChannelRequest.Shell => ("shell", []),
        ChannelRequest.Exec exec => ("exec", MessageCodec.WritePart(
            new ExecRequest(exec.Command.ToArray()), FixedFields + exec.Command.Length)),
        ChannelRequest.Subsystem subsystem => ("subsystem", MessageCodec.WritePart(
            new SubsystemRequest(subsystem.Name), FixedFields + (3 * subsystem.Name.Length))),
        ChannelRequest.WindowChange change => ("window-change", MessageCodec.WritePart(
            new WindowChangeRequest(change.Size), FixedFields)),
        ChannelRequest.FlowControl flow => ("xon-xoff", MessageCodec.WritePart(new XonXoffRequest(flow.CanClientDo), FixedFields)),
        ChannelRequest.Signal signal => ("signal", MessageCodec.WritePart(
            new SignalRequest(signal.Name), FixedFields + (3 * signal.Name.Length))),
        ChannelRequest.Break wanted => ("break", MessageCodec.WritePart(new BreakRequest(wanted.Milliseconds), FixedFields)),
        ChannelRequest.AgentForwarding => (AgentForwarding, []),
        ChannelRequest.EndOfWrite => (EndOfWrite, []),
        ChannelRequest.ExitStatus exit => ("exit-status", MessageCodec.WritePart(new ExitStatusRequest(exit.Status), FixedFields)),
        ChannelRequest.ExitSignal exit => ("exit-signal", MessageCodec.WritePart(
            new ExitSignalRequest(exit.Name, exit.IsCoreDumped, exit.PeerMessage, ""),
            FixedFields + (3 * (exit.Name.Length + exit.PeerMessage.Length)))),
        _ => throw new ArgumentException($"{request} cannot be asked", nameof(request)),
    };
}

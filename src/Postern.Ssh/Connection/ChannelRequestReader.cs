using Postern.Ssh.Messages;

namespace Postern.Ssh.Connection;

/// <summary>Reads the tail of a channel request by its name (RFC 4254 section 6).</summary>
internal static class ChannelRequestReader
{
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
            case "signal":
                return new ChannelRequest.Signal(MessageCodec.ReadPart<SignalRequest>(rest).Name);
            default:
                return new ChannelRequest.Unknown(name);
        }
    }
}

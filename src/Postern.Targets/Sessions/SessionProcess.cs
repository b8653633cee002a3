using Microsoft.Win32.SafeHandles;
using Postern.Ssh.Connection;
using Postern.Ssh.EventLoops;
using Postern.Targets.Interop;
using Postern.Targets.Sandboxes;

namespace Postern.Targets.Sessions;

/// <summary>
/// A command that runs in a sandbox for a session channel, served by the channel's event loop, which also waits for the end of
/// its process; it is only started on another thread. When the command has ended and its output is drained, the exit status, EOF
/// and close go out in that order.
/// </summary>
internal sealed class SessionProcess : IDisposable
{
    /// <summary>
    /// How long a terminal is read after its session's leader has ended while others still have it open. The kernel
    /// has hung it up for them by then, so that nothing but the last output can come.
    /// </summary>
    private static readonly TimeSpan TerminalGrace = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// What the pipes of input and output hold when the other side is behind: eight packets that one call reads or writes. The
    /// kernel takes memory for what is in them only.
    /// </summary>
    private const int PipeBytes = 256 * 1024;

    private readonly SessionEnvironment _environment;
    private readonly Channel _channel;
    private readonly PseudoTerminal? _terminal;
    private readonly SessionOutput _output;
    private readonly Lock _inputGate = new();
    private readonly SafeFileHandle _inputHandle;
    private ChildProcess? _process;

    // Input gate. A pipe is watched from the first input on, for many commands get none.
    private LoopDescriptor? _input;
    private bool _isInputClosed;

    // Loop only.
    private ProcessEnd? _end;
    private ITimer? _graceTimer;
    private bool _isOver;

    private SessionProcess(SessionEnvironment environment, Channel channel, PseudoTerminal? terminal, SafeFileHandle input)
    {
        _environment = environment;
        _channel = channel;
        _terminal = terminal;
        _inputHandle = input;
        _output = new SessionOutput(channel, TryFinish, GiveUpOutput);
        _input = terminal is null ? null : _output.Add(input, isStandardError: false, channel.ResumeReceive);
    }

    /// <summary>Starts a command.</summary>
    /// <param name="environment">What the session belongs to.</param>
    /// <param name="channel">Where its output goes.</param>
    /// <param name="request">What to run, and in what terminal.</param>
    /// <exception cref="IOException">It did not start.</exception>
    internal static SessionProcess Start(SessionEnvironment environment, Channel channel, SessionRequest request)
        => request.Terminal is { } terminal
            ? StartWithTerminal(environment, channel, request, terminal)
            : StartWithPipes(environment, channel, request);

    /// <summary>Writes input without waiting, and says how much was taken; a command that does not read takes all.</summary>
    internal int Write(ReadOnlySpan<byte> data)
    {
        lock (_inputGate)
        {
            int taken = _isInputClosed ? LoopDescriptor.Broken : WatchInputHeld().WriteWhatFits(data);
            return taken == LoopDescriptor.Broken ? AbandonInputHeld(data.Length) : taken;
        }
    }

    /// <summary>The same for several pieces of input.</summary>
    internal int Write(ReadOnlySpan<ReadOnlyMemory<byte>> pieces)
    {
        lock (_inputGate)
        {
            int taken = _isInputClosed ? LoopDescriptor.Broken : WatchInputHeld().WriteWhatFits(pieces);
            return taken == LoopDescriptor.Broken ? AbandonInputHeld(LoopDescriptor.LengthOf(pieces)) : taken;
        }
    }

    /// <summary>The peer sends no more. A terminal has no such end: its programs go on until they are told otherwise.</summary>
    internal void CloseInput()
    {
        if (_terminal is null)
        {
            lock (_inputGate)
            {
                CloseInputHeld();
            }
        }
    }

    /// <summary>Changes the terminal's size, before input that comes later is written.</summary>
    internal void Resize(TerminalSize size)
    {
        lock (_inputGate)
        {
            if (!_isInputClosed)
            {
                _terminal?.Resize(size);
            }
        }
    }

    /// <summary>Sends a signal to the foreground process group, or without a terminal to the command's own.</summary>
    internal void Signal(int signal) => PostToLoop(() => SignalGroup(signal));

    /// <summary>The channel is over: the command is told, and nothing is sent any more.</summary>
    internal void HangUp() => PostToLoop(() =>
    {
        SignalGroup(SignalNames.HangUp);
        Dispose();
    });

    private static SessionProcess StartWithTerminal(
        SessionEnvironment environment, Channel channel, SessionRequest request, ChannelRequest.PseudoTerminal asked)
    {
        PseudoTerminal terminal = PseudoTerminal.Open(environment.Sandbox.Terminals, environment.Sandbox.RealUserId);
        var session = new SessionProcess(environment, channel, terminal, terminal.Master);
        try
        {
            terminal.ApplyModes(asked.Modes.Span);
            terminal.Resize(asked.Size);
            if (request.Greeting is { } greeting)
            {
                terminal.Print(greeting.Span);
            }

            session.Run(request, [terminal.Slave, terminal.Slave, terminal.Slave], terminal.Path);
            terminal.Slave.Dispose();
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    private static SessionProcess StartWithPipes(SessionEnvironment environment, Channel channel, SessionRequest request)
    {
        (SafeFileHandle inputRead, SafeFileHandle inputWrite) = CreatePipe(environment.Sandbox);
        (SafeFileHandle outputRead, SafeFileHandle outputWrite) = CreatePipe(environment.Sandbox);
        (SafeFileHandle errorRead, SafeFileHandle errorWrite) = CreatePipe(environment.Sandbox);
        var session = new SessionProcess(environment, channel, null, inputWrite);
        using (inputRead)
        using (outputWrite)
        using (errorWrite)
        {
            try
            {
                Descriptors.TryWiden(inputWrite, PipeBytes);
                Descriptors.TryWiden(outputRead, PipeBytes);
                Descriptors.SetNonBlocking(inputWrite);
                Descriptors.SetNonBlocking(outputRead);
                Descriptors.SetNonBlocking(errorRead);
                session._output.Add(outputRead, isStandardError: false);
                session._output.Add(errorRead, isStandardError: true);
                session.Run(request, [inputRead, outputWrite, errorWrite], terminalPath: null);
                return session;
            }
            catch
            {
                session.Dispose();
                throw;
            }
        }
    }

    // The app's user owns its pipes, so that programs can open /dev/stdout.
    private static (SafeFileHandle Read, SafeFileHandle Write) CreatePipe(Sandbox sandbox)
    {
        (SafeFileHandle read, SafeFileHandle write) = Descriptors.CreatePipe();
        if (sandbox.RealUserId is { } user)
        {
            LibC.Check(LibC.ChangeOwner(read, user, user), "fchown of a pipe");
        }

        return (read, write);
    }

    private void Run(SessionRequest request, SafeFileHandle[] descriptors, string? terminalPath)
    {
        Sandbox sandbox = _environment.Sandbox;
        List<string> variables = [.. request.Variables];
        if (terminalPath is not null)
        {
            variables.Add($"SSH_TTY={terminalPath}");
        }

        List<byte[]> command = sandbox.MakeEnterCommand(terminalPath is not null, request.Command);
        _process = ChildProcess.Start(
            _channel.Loop, command, variables, [.. descriptors, sandbox.UserNamespace], OnProcessEnded);
        _output.Start();
    }

    private void OnProcessEnded(ProcessEnd end)
    {
        _end = end;
        PostToLoop(TakeEnd); // Behind what it printed last, which the loop may learn of in the same moment.
    }

    private void TakeEnd()
    {
        if (_isOver)
        {
            return;
        }

        if (_output.HasEnded)
        {
            TryFinish();
            return;
        }

        // A background process still holds the output, or what the command printed last is still on its way here.
        TimeSpan grace = _terminal is null ? _environment.BackgroundOutputGrace : TerminalGrace;
        _graceTimer = _environment.Time.CreateTimer(_ => PostToLoop(FinishWhenSilent), state: null, grace, grace);
        _ = _output.IsActive;
    }

    private void FinishWhenSilent()
    {
        if (!_output.IsActive)
        {
            Finish();
        }
    }

    private void TryFinish()
    {
        if (_output.HasEnded && _end is not null)
        {
            Finish();
        }
    }

    // The peer has closed the channel, and the engine still has input of it for the command. One that waits until it can
    // print would never take that, and the channel would never be over.
    private void GiveUpOutput()
    {
        if (_terminal is null)
        {
            _output.EndAll();
            TryFinish();
        }
        else
        {
            HangUp();
        }
    }

    private void Finish()
    {
        if (_isOver || _end is not { } end)
        {
            return;
        }

        _environment.SessionEnded(end);
        _channel.Finish(end.Signal == 0
            ? new ChannelRequest.ExitStatus((uint)end.Status)
            : new ChannelRequest.ExitSignal(SignalNames.GetName(end.Signal), end.IsCoreDumped, ""));
        Dispose();
    }

    /// <summary>Closes everything of ours; on the loop, or when the start failed.</summary>
    public void Dispose()
    {
        _isOver = true;
        _graceTimer?.Dispose();
        _output.Dispose();
        lock (_inputGate)
        {
            CloseInputHeld();
        }

        _terminal?.Dispose(); // The process is let go by itself, when it ends.
    }

    private LoopDescriptor WatchInputHeld() => _input ??= _channel.Loop.Watch(_inputHandle, null, _channel.ResumeReceive);

    private int AbandonInputHeld(int length)
    {
        CloseInputHeld();
        return length;
    }

    private void CloseInputHeld()
    {
        if (_isInputClosed)
        {
            return;
        }

        _isInputClosed = true;
        if (_terminal is null)
        {
            // A terminal is still read.
            _input?.Dispose();
            _inputHandle.Dispose();
        }
    }

    private void PostToLoop(Action action) => _channel.Loop.Post(new Work(action));

    // The process that we started waits outside the sandbox for its only child, which leads the session inside. Before
    // there is one, nothing of the command runs yet.
    // On the loop, which also waits for the process: after that its number may be another's.
    private void SignalGroup(int signal)
    {
        if (_end is not null)
        {
            return;
        }

        if (ReadForegroundGroup() is { } foreground)
        {
            _ = LibC.Kill(-foreground, signal);
            return;
        }

        int[] children = _process!.ReadChildren();
        if (children.Length == 0)
        {
            _process.Signal(signal);
            return;
        }

        foreach (int child in children)
        {
            if (LibC.Kill(-child, signal) != 0)
            {
                _ = LibC.Kill(child, signal);
            }
        }
    }

    private int? ReadForegroundGroup()
    {
        try
        {
            return _terminal?.ReadForegroundGroup();
        }
        catch (ObjectDisposedException)
        {
            return null; // The loop has hung up this moment.
        }
    }

    private sealed class Work(Action action) : IThreadPoolWorkItem
    {
        public void Execute() => action();
    }
}

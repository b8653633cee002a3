using Microsoft.Win32.SafeHandles;
using Postern.Ssh.Connection;
using Postern.Targets.Interop;
using Postern.Targets.Sandboxes;

namespace Postern.Targets.Sessions;

/// <summary>
/// A command that runs in a sandbox for a session channel. Input is written by the receive loop; all else happens on
/// the poller's thread. When the command has ended and its output is drained, the exit status, EOF and close go out in
/// that order.
/// </summary>
internal sealed class SessionProcess : IDisposable
{
    /// <summary>
    /// How long a terminal is read after its session's leader has ended while others still have it open. The kernel
    /// has hung it up for them by then, so that nothing but the last output can come.
    /// </summary>
    private static readonly TimeSpan TerminalGrace = TimeSpan.FromMilliseconds(200);

    private readonly SessionEnvironment _environment;
    private readonly Channel _channel;
    private readonly PseudoTerminal? _terminal;
    private readonly SessionOutput _output;
    private readonly Lock _inputGate = new();
    private readonly SafeFileHandle _input;
    private readonly PollRegistration _inputReady;
    private ChildProcess? _process;

    // Input gate.
    private bool _isInputClosed;

    // Poller thread only.
    private ProcessEnd? _end;
    private ITimer? _graceTimer;
    private bool _isOver;

    private SessionProcess(SessionEnvironment environment, Channel channel, PseudoTerminal? terminal, SafeFileHandle input)
    {
        _environment = environment;
        _channel = channel;
        _terminal = terminal;
        _input = input;
        _output = new SessionOutput(channel, environment.Poller, TryFinish);
        _inputReady = environment.Poller.Register(input, OnTerminalOrInput);
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
            if (_isInputClosed)
            {
                return data.Length;
            }

            switch (Descriptors.Write(_input, data))
            {
                case null:
                    CloseInputHeld();
                    return data.Length;
                case { } count when count < data.Length:
                    _inputReady.Watch(PollEvents.Writable);
                    return count;
                default:
                    return data.Length;
            }
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
    internal void Signal(int signal) => _environment.Poller.Post(() =>
    {
        // Once the command has been waited for, its number may be another process's.
        if (!_isOver && _end is null)
        {
            SignalGroup(signal);
        }
    });

    /// <summary>The channel is over: the command is told, and nothing is sent any more.</summary>
    internal void HangUp() => _environment.Poller.Post(() =>
    {
        if (_isOver)
        {
            return;
        }

        if (_end is null)
        {
            SignalGroup(SignalNames.HangUp);
        }

        Dispose();
    });

    private static SessionProcess StartWithTerminal(
        SessionEnvironment environment, Channel channel, SessionRequest request, ChannelRequest.PseudoTerminal asked)
    {
        PseudoTerminal terminal = PseudoTerminal.Open(environment.Sandbox.Terminals, environment.Sandbox.RealUserId);
        var session = new SessionProcess(environment, channel, terminal, terminal.Master);
        session._output.Add(terminal.Master, session._inputReady, isStandardError: false);
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
        session.AddOutput(outputRead, isStandardError: false);
        session.AddOutput(errorRead, isStandardError: true);
        using (inputRead)
        using (outputWrite)
        using (errorWrite)
        {
            try
            {
                Descriptors.SetNonBlocking(inputWrite);
                Descriptors.SetNonBlocking(outputRead);
                Descriptors.SetNonBlocking(errorRead);
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

    private void AddOutput(SafeFileHandle descriptor, bool isStandardError)
        => _output.Add(
            descriptor,
            _environment.Poller.Register(descriptor, _ => _output.OnReadable(descriptor)),
            isStandardError);

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
            _environment.Poller, command, variables, [.. descriptors, sandbox.UserNamespace], OnProcessEnded);
        _output.Start();
    }

    private void OnTerminalOrInput(PollEvents events)
    {
        if ((events & (PollEvents.Writable | PollEvents.Error)) != PollEvents.None)
        {
            _inputReady.Ignore(PollEvents.Writable);
            _channel.ResumeReceive();
        }

        if (_terminal is not null)
        {
            _output.OnReadable(_input);
        }
    }

    private void OnProcessEnded(ProcessEnd end)
    {
        _end = end;
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
        _graceTimer = _environment.Time.CreateTimer(
            _ => _environment.Poller.Post(FinishWhenSilent), state: null, grace, grace);
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

    private void Finish()
    {
        if (_isOver || _end is not { } end)
        {
            return;
        }

        _environment.SessionEnded(end);
        if (end.Signal == 0)
        {
            _channel.SendExitStatus((uint)end.Status);
        }
        else
        {
            _channel.SendExitSignal(SignalNames.GetName(end.Signal), end.IsCoreDumped, "");
        }

        _channel.SendEof();
        _channel.Close();
        Dispose();
    }

    /// <summary>Closes everything of ours; on the poller's thread, or when the start failed.</summary>
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

    private void CloseInputHeld()
    {
        if (!_isInputClosed)
        {
            _isInputClosed = true;
            _inputReady.Dispose();
            _input.Dispose();
        }
    }

    // The process that we started waits outside the sandbox for its only child, which leads the session inside. Before
    // there is one, nothing of the command runs yet.
    private void SignalGroup(int signal)
    {
        if (_terminal?.ReadForegroundGroup() is { } foreground)
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
}

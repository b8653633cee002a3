using System.Text;
using System.Text.Unicode;
using Microsoft.Extensions.Logging;
using Postern.Ssh.Connection;
using Postern.Ssh.EventLoops;
using Postern.Targets.Interop;
using Postern.Targets.Sandboxes;

namespace Postern.Targets.Sessions;

/// <summary>Serves a session channel: collects what the peer asks for, and starts it in the app's sandbox.</summary>
internal sealed class SessionHandler : IChannelHandler
{
    /// <summary>What a client sees as the exit status when the app could not be reached.</summary>
    internal const uint NotStartedStatus = 254;

    /// <summary>The terminal of clients that name none, or none that can be.</summary>
    private const string DefaultTerminal = "dumb";

    private readonly SessionContext _context;
    private readonly DescriptorPoller _poller;
    private readonly TimeProvider _time;
    private readonly TimeSpan _backgroundOutputGrace;
    private readonly Func<CancellationToken, ValueTask<Sandbox>> _getSandbox;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();

    // Receive loop only.
    private readonly Dictionary<string, string> _variables = new(StringComparer.Ordinal);
    private ChannelRequest.PseudoTerminal? _terminal;
    private Channel? _channel;
    private bool _hasStarted;
    private bool _isAgentWanted;

    // Gate.
    private AgentSocket? _agent;
    private SessionProcess? _process;
    private bool _wasOfferedData;
    private bool _hasEof;
    private bool _isClosed;
    private bool _hasFailed;

    internal SessionHandler(
        SessionContext context,
        DescriptorPoller poller,
        TimeProvider time,
        TimeSpan backgroundOutputGrace,
        Func<CancellationToken, ValueTask<Sandbox>> getSandbox,
        ILogger logger)
    {
        _context = context;
        _poller = poller;
        _time = time;
        _backgroundOutputGrace = backgroundOutputGrace;
        _getSandbox = getSandbox;
        _logger = logger;
    }

    /// <inheritdoc/>
    public void OnOpened(Channel channel) => _channel = channel;

    /// <inheritdoc/>
    public int OnData(ReadOnlySpan<byte> data) =>
        TryGetReader(out SessionProcess? process) ? process?.Write(data) ?? data.Length : 0;

    /// <inheritdoc/>
    public int OnData(ReadOnlySpan<ReadOnlyMemory<byte>> pieces) =>
        TryGetReader(out SessionProcess? process) ? process?.Write(pieces) ?? LoopDescriptor.LengthOf(pieces) : 0;

    /// <inheritdoc/>
    public void OnEof()
    {
        lock (_gate)
        {
            _hasEof = true;
            _process?.CloseInput();
        }
    }

    /// <inheritdoc/>
    public ValueTask<bool> OnRequestAsync(ChannelRequest request, CancellationToken cancellationToken)
        => request switch
        {
            ChannelRequest.PseudoTerminal terminal => ValueTask.FromResult(AcceptTerminal(terminal)),
            ChannelRequest.EnvironmentVariable variable => ValueTask.FromResult(AcceptVariable(variable)),
            ChannelRequest.Shell or ChannelRequest.Exec or ChannelRequest.Subsystem when _context.ForcedCommand is { } forced
                => StartForcedAsync(forced, request, cancellationToken),
            ChannelRequest.Shell => StartAsync(["shell"], null, cancellationToken),
            ChannelRequest.Exec exec => StartAsync(["exec"], exec.Command, cancellationToken),
            ChannelRequest.Subsystem { Name: "sftp" } => StartAsync(["sftp"], null, cancellationToken),
            ChannelRequest.WindowChange change => ValueTask.FromResult(Resize(change.Size)),
            ChannelRequest.Signal signal => ValueTask.FromResult(Signal(signal.Name)),
            ChannelRequest.Break => ValueTask.FromResult(Break()),
            ChannelRequest.AgentForwarding => ValueTask.FromResult(AcceptAgent()),
            _ => ValueTask.FromResult(false),
        };

    /// <inheritdoc/>
    public void OnClosed()
    {
        SessionProcess? process;
        AgentSocket? agent;
        lock (_gate)
        {
            _isClosed = true;
            process = _process;
            agent = _agent;
        }

        process?.HangUp();
        _ = agent?.DisposeAsync().AsTask();
    }

    // False while input must wait for the process; there is none when it did not start, and nobody reads the input then.
    private bool TryGetReader(out SessionProcess? process)
    {
        lock (_gate)
        {
            process = _process;
            if (process is null && !_hasFailed)
            {
                _wasOfferedData = true;
                return false;
            }

            return true;
        }
    }

    private bool AcceptTerminal(ChannelRequest.PseudoTerminal terminal)
    {
        if (_hasStarted || _terminal is not null || !_context.AllowsTerminal)
        {
            return false;
        }

        _terminal = terminal;
        return true;
    }

    private bool AcceptAgent()
    {
        if (_hasStarted || _context.OpenKeyAgent is null)
        {
            return false;
        }

        _isAgentWanted = true;
        return true;
    }

    // A terminal of ours has no line that could be held low; what programs see of a break is SIGINT (termios, BRKINT).
    private bool Break() => _terminal is not null && Signal("INT");

    private bool AcceptVariable(ChannelRequest.EnvironmentVariable variable)
    {
        bool isAccepted = !_hasStarted
            && _variables.Count < ClientEnvironment.MaxVariables
            && ClientEnvironment.IsAllowed(variable.Name, variable.Value);
        if (isAccepted)
        {
            _variables[variable.Name] = variable.Value;
        }

        return isAccepted;
    }

    private bool Resize(TerminalSize size)
    {
        if (_terminal is null)
        {
            return false;
        }

        _terminal = _terminal with { Size = size };
        GetProcess()?.Resize(size);
        return true;
    }

    private bool Signal(string name)
    {
        if (SignalNames.FindNumber(name) is not { } number || GetProcess() is not { } process)
        {
            return false;
        }

        process.Signal(number);
        return true;
    }

    private SessionProcess? GetProcess()
    {
        lock (_gate)
        {
            return _process;
        }
    }

    private ValueTask<bool> StartForcedAsync(string forced, ChannelRequest request, CancellationToken cancellationToken)
    {
        var original = request switch
        {
            ChannelRequest.Exec exec => exec.Command.ToArray(),
            ChannelRequest.Subsystem subsystem => Encoding.UTF8.GetBytes(subsystem.Name),
            _ => null,
        };
        if (original is not null)
        {
            // The forced command decides by what it reads here: it must be what was asked, byte for byte, or nothing.
            if (_hasStarted || original.Contains((byte)0) || !Utf8.IsValid(original))
            {
                return ValueTask.FromResult(false);
            }

            _variables["SSH_ORIGINAL_COMMAND"] = Encoding.UTF8.GetString(original);
        }

        return StartAsync(["exec"], Encoding.UTF8.GetBytes(forced), cancellationToken);
    }

    private async ValueTask<bool> StartAsync(
        string[] kind, ReadOnlyMemory<byte>? command, CancellationToken cancellationToken)
    {
        if (_hasStarted || command?.Span.Contains((byte)0) == true)
        {
            return false;
        }

        _hasStarted = true;
        try
        {
            Sandbox sandbox = await _getSandbox(cancellationToken);
            SessionRequest request = MakeRequest(kind, command, _isAgentWanted ? OpenAgent(sandbox) : null);
            var environment = new SessionEnvironment(
                sandbox, _time, _backgroundOutputGrace, _context.UserDisplay, _logger);

            // Starting a process takes a part of a millisecond, which the receive loop does not have.
            SessionProcess process = await _poller.RunAsync(
                () => SessionProcess.Start(environment, _channel!, request), goesOnHere: true);
            Adopt(process);
        }
        catch (TargetException exception)
        {
            _logger.SessionNotStarted(exception, _context.UserDisplay, "");
            await FailAsync(exception.PeerMessage, cancellationToken);
        }
        // The last is a sandbox that was stopped between being found and being entered.
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            _logger.SessionNotStarted(exception, _context.UserDisplay, "");
            await FailAsync("The session could not be started in the app; try again.", cancellationToken);
        }

        return true;
    }

    private SessionRequest MakeRequest(string[] kind, ReadOnlyMemory<byte>? command, string? agentPath)
    {
        List<byte[]> arguments = [
            "/bin/sh"u8.ToArray(), Encoding.UTF8.GetBytes(AppFiles.EnterPath), .. kind.Select(Encoding.UTF8.GetBytes),
        ];
        if (command is { } bytes)
        {
            arguments.Add(bytes.ToArray());
        }

        if (_terminal is { } terminal)
        {
            _variables["TERM"] = ClientEnvironment.IsTerminalName(terminal.Terminal) ? terminal.Terminal : DefaultTerminal;
        }

        _variables.TryAdd("LANG", "C.UTF-8");
        List<string> variables = [.. _variables.Select(pair => $"{pair.Key}={pair.Value}")];
        variables.Add("PATH=/usr/sbin:/usr/bin:/sbin:/bin");
        if (_context is { Client: { } client, Server: { } server })
        {
            variables.Add($"SSH_CONNECTION={client.Address} {client.Port} {server.Address} {server.Port}");
            variables.Add($"SSH_CLIENT={client.Address} {client.Port} {server.Port}");
        }

        if (agentPath is not null)
        {
            variables.Add($"SSH_AUTH_SOCK={agentPath}");
        }

        bool isInteractive = command is null && kind is ["shell"] && _terminal is not null;
        return new SessionRequest
        {
            Command = arguments,
            Variables = variables,
            Terminal = _terminal,
            Greeting = isInteractive && _context.MessageOfTheDay is { } text
                ? Encoding.UTF8.GetBytes(text).AsMemory()[..Math.Min(
                    Encoding.UTF8.GetByteCount(text), SessionContext.MaxMessageOfTheDayBytes)]
                : null,
        };
    }

    /// <summary>Makes the person's key agent reachable inside; null when that fails, which is no reason not to start.</summary>
    private string? OpenAgent(Sandbox sandbox)
    {
        try
        {
            var agent = AgentSocket.Open(sandbox, _context.OpenKeyAgent!, _time, _logger);
            bool isClosed;
            lock (_gate)
            {
                _agent = agent;
                isClosed = _isClosed;
            }

            if (isClosed)
            {
                _ = agent.DisposeAsync().AsTask();
            }

            return agent.Path;
        }
        catch (IOException exception)
        {
            _logger.AgentNotReachable(exception, _context.UserDisplay, sandbox.Name);
            return null;
        }
    }

    // What came while the process was started is handed on now.
    private void Adopt(SessionProcess process)
    {
        bool isClosed;
        bool wasOfferedData;
        lock (_gate)
        {
            _process = process;
            isClosed = _isClosed;
            wasOfferedData = _wasOfferedData;
            if (_hasEof)
            {
                process.CloseInput();
            }
        }

        if (isClosed)
        {
            process.HangUp();
        }
        else if (wasOfferedData)
        {
            _channel!.ResumeReceive();
        }
    }

    private async Task FailAsync(string peerMessage, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _hasFailed = true;
        }

        byte[] text = Encoding.UTF8.GetBytes(peerMessage + "\r\n");
        int sent = 0;
        while (sent < text.Length && await _channel!.WaitToSendAsync(cancellationToken))
        {
            Memory<byte> packet = _channel.RentData();
            if (packet.IsEmpty)
            {
                continue; // Another channel has taken the room meanwhile.
            }

            int count = Math.Min(packet.Length, text.Length - sent);
            text.AsMemory(sent, count).CopyTo(packet);
            _channel.CommitStandardError(count);
            sent += count;
        }

        _channel!.SendExitStatus(NotStartedStatus);
        _channel.SendEof();
        _channel.Close();
        _channel.ResumeReceive();
    }
}

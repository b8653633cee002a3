using System.Security.Cryptography;
using System.Text;
using Postern.Ssh.Connection;

namespace Conformance;

/// <summary>One session that runs a built-in command; see <see cref="CommandHandler"/>.</summary>
public sealed class SessionCommand : IChannelHandler
{
    private readonly List<string> _environment = [];
    private readonly Queue<byte[]> _toEcho = new();
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private Channel? _channel;
    private TerminalSize _size;
    private string _command = "";
    private int _echoing;
    private bool _isEof;
    private readonly List<Task> _running = [];

    public void OnOpened(Channel channel) => _channel = channel;

    public int OnData(ReadOnlySpan<byte> data)
    {
        switch (_command)
        {
            case "hash":
                _hash.AppendData(data);
                return data.Length;
            case "cat":
                // Takes at most 100,000 bytes ahead, so that the window and the backlog are in play.
                lock (_toEcho)
                {
                    var taken = Math.Min(data.Length, 100_000 - _echoing);
                    if (taken > 0)
                    {
                        _toEcho.Enqueue(data[..taken].ToArray());
                        _echoing += taken;
                        _arrived.Release();
                    }

                    return taken;
                }

            default:
                return data.Length;
        }
    }

    public void OnEof()
    {
        _isEof = true;
        if (_command == "hash")
        {
            _running.Add(WriteAndExitAsync(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(_hash.GetHashAndReset())), 0));
        }

        _arrived.Release();
    }

    public ValueTask<bool> OnRequestAsync(ChannelRequest request, CancellationToken cancellationToken)
    {
        switch (request)
        {
            case ChannelRequest.PseudoTerminal pty:
                _size = pty.Size;
                return ValueTask.FromResult(true);
            case ChannelRequest.WindowChange change:
                _size = change.Size;
                return ValueTask.FromResult(true);
            case ChannelRequest.EnvironmentVariable variable:
                _environment.Add($"{variable.Name}={variable.Value}");
                return ValueTask.FromResult(true);
            case ChannelRequest.Exec exec:
                Start(Encoding.UTF8.GetString(exec.Command.Span));
                return ValueTask.FromResult(true);
            case ChannelRequest.Shell:
                Start("echo shell");
                return ValueTask.FromResult(true);
            case ChannelRequest.Subsystem subsystem:
                Start("echo " + subsystem.Name);
                return ValueTask.FromResult(true);
            default:
                return ValueTask.FromResult(false);
        }
    }

    public void OnClosed()
    {
        _isEof = true;
        _arrived.Release();
    }

    private void Start(string command)
    {
        var parts = command.Split(' ', 2);
        var argument = parts.Length > 1 ? parts[1] : "";
        _command = parts[0];
        _running.Add(_command switch
        {
            "exit" => WriteAndExitAsync([], uint.Parse(argument)),
            "echo" => WriteAndExitAsync(Encoding.UTF8.GetBytes(argument + "\n"), 0),
            "err" => WriteAndExitAsync(Encoding.UTF8.GetBytes(argument + "\n"), 3, isStandardError: true),
            "env" => WriteAndExitAsync(Encoding.UTF8.GetBytes(string.Join('\n', _environment) + "\n"), 0),
            "size" => WriteAndExitAsync(Encoding.UTF8.GetBytes($"{_size.Rows} {_size.Columns}\n"), 0),
            "send" => SendAsync(long.Parse(argument)),
            "cat" => EchoAsync(),
            "kill" => KillAsync(argument),
            "hash" or "wait" => Task.CompletedTask,
            _ => WriteAndExitAsync(Encoding.UTF8.GetBytes("unknown command\n"), 127, isStandardError: true),
        });
    }

    private async Task KillAsync(string signal)
    {
        await Task.Yield();
        _channel!.SendExitSignal(signal, isCoreDumped: false, "killed");
        _channel.Close();
    }

    private async Task SendAsync(long count)
    {
        var position = 0L;
        while (position < count && await _channel!.WaitToSendAsync(CancellationToken.None))
        {
            var buffer = _channel.RentData();
            var length = (int)Math.Min(buffer.Length, count - position);
            Pattern.Fill(buffer.Span[..length], position);
            if (buffer.Length > 0)
            {
                _channel.CommitData(length);
            }

            position += length;
        }

        Exit(0);
    }

    private async Task EchoAsync()
    {
        while (true)
        {
            await _arrived.WaitAsync();
            byte[]? next;
            lock (_toEcho)
            {
                if (!_toEcho.TryDequeue(out next) && _isEof)
                {
                    break;
                }
            }

            if (next is not null && await WriteAsync(next, isStandardError: false))
            {
                lock (_toEcho)
                {
                    _echoing -= next.Length;
                }

                _channel!.ResumeReceive();
            }
        }

        Exit(0);
    }

    private async Task WriteAndExitAsync(byte[] data, uint status, bool isStandardError = false)
    {
        await Task.Yield();
        await WriteAsync(data, isStandardError);
        Exit(status);
    }

    private async Task<bool> WriteAsync(ReadOnlyMemory<byte> data, bool isStandardError)
    {
        while (data.Length > 0)
        {
            if (!await _channel!.WaitToSendAsync(CancellationToken.None))
            {
                return false;
            }

            var buffer = _channel.RentData();
            if (buffer.Length == 0)
            {
                continue;
            }

            var length = Math.Min(buffer.Length, data.Length);
            data[..length].CopyTo(buffer);
            if (isStandardError)
            {
                _channel.CommitStandardError(length);
            }
            else
            {
                _channel.CommitData(length);
            }

            data = data[length..];
        }

        return true;
    }

    private void Exit(uint status)
    {
        _channel!.SendExitStatus(status);
        _channel.SendEof();
        _channel.Close();
    }
}

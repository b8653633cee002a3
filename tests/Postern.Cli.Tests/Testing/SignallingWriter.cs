using System.Text;

namespace Postern.Cli.Tests.Testing;

/// <summary>A writer in which another task can wait for a line.</summary>
internal sealed class SignallingWriter : TextWriter
{
    private readonly StringBuilder _text = new();
    private readonly Lock _gate = new();
    private TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value) => Write(value.ToString());

    public override void Write(string? value)
    {
        lock (_gate)
        {
            _text.Append(value);
            _written.TrySetResult();
            _written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>The line that begins with a text; null when the other task ended without it.</summary>
    public async Task<string?> WaitForAsync(string start, Task other)
    {
        while (true)
        {
            Task next;
            lock (_gate)
            {
                if (_text.ToString().Split('\n')[..^1].FirstOrDefault(l => l.StartsWith(start, StringComparison.Ordinal)) is { } line)
                {
                    return line;
                }

                next = _written.Task;
            }

            if (await Task.WhenAny(next, other) == other && !next.IsCompleted)
            {
                return null;
            }
        }
    }

    public override string ToString()
    {
        lock (_gate)
        {
            return _text.ToString();
        }
    }
}

namespace Postern.Login.Accounts;

/// <summary>
/// Bounds how many passwords are hashed at once, whoever sends them: hashing is slow on purpose, names and networks are free to
/// invent, and SSH connections and revocations wait for the same processors. Those in front of a browser that signed in before
/// queue by themselves, so that strangers cannot fill their queue.
/// </summary>
internal sealed class PasswordWork(LoginOptions options) : IDisposable
{
    /// <summary>When to come again: about what a full queue takes.</summary>
    public static readonly TimeSpan Wait = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _places = new(options.PasswordsAtOnce);
    private int _strangers;
    private int _known;

    public void Dispose() => _places.Dispose();

    /// <summary>Waits for a turn, which ends when the result is disposed; null when too many wait already.</summary>
    public async ValueTask<IDisposable?> EnterAsync(bool isKnown, CancellationToken cancellationToken)
    {
        var room = options.PasswordsAtOnce + LoginLimits.PasswordQueue;
        if (Add(isKnown, +1) > room)
        {
            Add(isKnown, -1);
            return null;
        }

        try
        {
            await _places.WaitAsync(cancellationToken);
        }
        catch
        {
            Add(isKnown, -1);
            throw;
        }

        return new Turn(this, isKnown);
    }

    private int Add(bool isKnown, int change) => isKnown ? Interlocked.Add(ref _known, change) : Interlocked.Add(ref _strangers, change);

    private sealed class Turn(PasswordWork work, bool isKnown) : IDisposable
    {
        private bool _isOver;

        public void Dispose()
        {
            if (!_isOver)
            {
                _isOver = true;
                work._places.Release();
                work.Add(isKnown, -1);
            }
        }
    }
}

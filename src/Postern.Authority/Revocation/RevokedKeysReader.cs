using Postern.Ssh.Wire;

namespace Postern.Authority;

/// <summary>
/// Reads the operator's revocation list again and again. A reading that hangs, as on a dead network file system, is waited for
/// again and never doubled. For one caller at a time.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="time">The time.</param>
public sealed class RevokedKeysReader(string path, TimeProvider time)
{
    /// <summary>How long reading may take, before a file that blocks counts as one that cannot be read.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private Task<RevokedKeysFile>? _reading;

    /// <summary>
    /// The list as it is now; <paramref name="known"/> again when its content is the same. Throws <see cref="TimeoutException"/>,
    /// <see cref="IOException"/>, <see cref="UnauthorizedAccessException"/> and <see cref="WireFormatException"/>.
    /// </summary>
    public async Task<RevokedKeysFile> ReadAsync(RevokedKeysFile? known, CancellationToken cancellationToken)
    {
        _reading ??= Task.Run(() => RevokedKeysFile.Read(path, known), CancellationToken.None);
        try
        {
            return await _reading.WaitAsync(Timeout, time, cancellationToken);
        }
        finally
        {
            if (_reading.IsCompleted)
            {
                _reading = null;
            }
        }
    }
}

using System.Globalization;
using Postern.Cli.Hosting;

namespace Postern.Cli.Files;

/// <summary>Locks between processes: a file that holds a unix time while held and is empty when free.</summary>
internal sealed class FileLocks(string directory, TimeProvider time, bool isDisabled)
{
    /// <summary>A holder that says nothing for this long has died.</summary>
    public static readonly TimeSpan StaleAfter = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>Waits for the lock.</summary>
    /// <param name="name">The name; anything but letters, digits, dots and dashes becomes a dash.</param>
    /// <param name="isDone">Asked at each poll; true means another process did the work and the lock is not needed.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The held lock, or null when <paramref name="isDone"/> said so.</returns>
    public async Task<IDisposable?> AcquireAsync(string name, Func<bool>? isDone, CancellationToken cancellation)
    {
        if (isDisabled)
        {
            return new Held(null);
        }

        AtomicFile.CreateDirectory(directory);
        var path = Path.Combine(directory, string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' ? c : '-')) + ".lock");
        while (!TryTake(path))
        {
            await Task.Delay(PollInterval, time, cancellation);
            if (isDone?.Invoke() == true)
            {
                return null;
            }
        }

        return new Held(path);
    }

    private bool TryTake(string path)
    {
        try
        {
            // FileShare.None is an advisory lock of the system, so two readers cannot both see it free.
            using var stream = Open(path);
            var buffer = new byte[32];
            var text = System.Text.Encoding.ASCII.GetString(buffer, 0, stream.Read(buffer)).Trim();
            var now = time.GetUtcNow().ToUnixTimeSeconds();
            if (long.TryParse(text, CultureInfo.InvariantCulture, out var since) && Math.Abs(now - since) < StaleAfter.TotalSeconds)
            {
                return false;
            }

            stream.SetLength(0);
            stream.Write(System.Text.Encoding.ASCII.GetBytes(now.ToString(CultureInfo.InvariantCulture)));
            return true;
        }
        catch (UnauthorizedAccessException exception)
        {
            throw CliException.Failure($"Could not open the lock file {path}: {exception.Message}", exception);
        }
        catch (IOException) when (File.Exists(path))
        {
            return false;
        }
        catch (IOException exception)
        {
            throw CliException.Failure($"Could not create the lock file {path}: {exception.Message}", exception);
        }
    }

    private static FileStream Open(string path) => new(path, new FileStreamOptions
    {
        Mode = FileMode.OpenOrCreate,
        Access = FileAccess.ReadWrite,
        Share = FileShare.None,
        UnixCreateMode = AtomicFile.PrivateFile,
    });

    private sealed class Held(string? path) : IDisposable
    {
        public void Dispose()
        {
            if (path is null)
            {
                return;
            }

            try
            {
                using var stream = Open(path);
                stream.SetLength(0);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // It goes stale by itself.
            }
        }
    }
}

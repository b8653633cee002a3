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
            return new Held(null, "");
        }

        AtomicFile.CreateDirectory(directory);
        var path = Path.Combine(directory, string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' ? c : '-')) + ".lock");
        string? written;
        while ((written = TryTake(path)) is null)
        {
            await Task.Delay(PollInterval, time, cancellation);
            if (isDone?.Invoke() == true)
            {
                return null;
            }
        }

        return new Held(path, written);
    }

    /// <summary>Takes the lock if it is free.</summary>
    /// <returns>What was written to say so, or null when another holds it.</returns>
    private string? TryTake(string path)
    {
        try
        {
            // FileShare.None is an advisory lock of the system, so two readers cannot both see it free.
            using var stream = Open(path);
            var now = time.GetUtcNow().ToUnixTimeSeconds();
            if (long.TryParse(Read(stream).Trim(), CultureInfo.InvariantCulture, out var since) && Math.Abs(now - since) < StaleAfter.TotalSeconds)
            {
                return null;
            }

            var written = now.ToString(CultureInfo.InvariantCulture);
            stream.SetLength(0);
            stream.Write(System.Text.Encoding.ASCII.GetBytes(written));
            return written;
        }
        catch (UnauthorizedAccessException exception)
        {
            throw CliException.Failure($"Could not open the lock file {path}: {exception.Message}", exception);
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
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

    private static string Read(FileStream stream)
    {
        var buffer = new byte[32];
        return System.Text.Encoding.ASCII.GetString(buffer, 0, stream.Read(buffer));
    }

    private sealed class Held(string? path, string written) : IDisposable
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
                // Too slow a holder has lost the lock to another, which keeps it.
                if (Read(stream) == written)
                {
                    stream.SetLength(0);
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // It goes stale by itself.
            }
        }
    }
}

using System.Globalization;
using Postern.Cli.Files;
using Postern.Cli.Terminals;

namespace Postern.Cli.Tunnels;

/// <summary>The log of the background processes.</summary>
internal sealed class TunnelLog(string path, string name, TimeProvider time)
{
    /// <summary>Beyond this the log is started anew; the one before is kept.</summary>
    private const long MaxBytes = 5 * 1024 * 1024;

    private readonly Lock _gate = new();

    public string? LastLine { get; private set; }

    public void Write(string line)
    {
        var clean = SafeText.Clean(line, keepLines: false);
        lock (_gate)
        {
            LastLine = clean;
            try
            {
                if (File.Exists(path) && new FileInfo(path).Length > MaxBytes)
                {
                    File.Move(path, path + ".1", overwrite: true);
                }

                AtomicFile.CreateDirectory(Path.GetDirectoryName(path)!);
                using var stream = new FileStream(path, new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.ReadWrite, UnixCreateMode = AtomicFile.PrivateFile });
                stream.Write(System.Text.Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{time.GetUtcNow():yyyy-MM-dd'T'HH:mm:ss'Z'} {name}: {clean}\n")));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // A full disk must not close the tunnels.
            }
        }
    }
}

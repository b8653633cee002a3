using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Postern.Cli.Files;
using Postern.Cli.Terminals;

namespace Postern.Cli.Tunnels;

/// <summary>The state file of open tunnels, with one pid file each; deleting a pid file closes that tunnel.</summary>
internal sealed partial class TunnelStore(UserDirectory directory, FileLocks locks, TimeProvider time, Terminal terminal)
{
    private const long MaxFileBytes = 16 * 1024 * 1024;

    public string Directory => directory.TunnelDirectory;

    public string Log => directory.TunnelLog;

    /// <summary>Held around every change.</summary>
    public async Task<IDisposable> LockAsync(CancellationToken cancellation) => (await locks.AcquireAsync("tunnels", null, cancellation))!;

    /// <summary>The tunnels that are open; those of processes that have ended are forgotten.</summary>
    public List<TunnelEntry> Load()
    {
        var all = Read();
        var open = all.Where(IsOpen).ToList();
        if (open.Count != all.Count)
        {
            Save(open);
            foreach (var gone in all.Except(open))
            {
                AtomicFile.TryDelete(PidFile(gone.Id));
            }
        }

        return open;
    }

    public void Save(IReadOnlyCollection<TunnelEntry> entries)
    {
        if (entries.Count == 0)
        {
            AtomicFile.TryDelete(directory.TunnelState);
            return;
        }

        AtomicFile.Write(
            directory.TunnelState,
            JsonSerializer.Serialize(entries.ToDictionary(e => e.Id, StringComparer.Ordinal), TunnelJsonContext.Default.DictionaryStringTunnelEntry) + "\n");
    }

    /// <summary>Forgets tunnels, whoever kept them.</summary>
    public async Task RemoveAsync(IReadOnlyCollection<string> ids, CancellationToken cancellation)
    {
        using var held = await LockAsync(cancellation);
        Save([.. Read().Where(e => !ids.Contains(e.Id))]);
        foreach (var id in ids)
        {
            AtomicFile.TryDelete(PidFile(id));
        }
    }

    public string PidFile(string id) => Path.Combine(directory.TunnelDirectory, NotInFileName().Replace(id.ToLowerInvariant(), "-") + ".pid");

    public void WritePid(TunnelEntry entry) =>
        AtomicFile.Write(PidFile(entry.Id), entry.Pid.ToString(CultureInfo.InvariantCulture) + "\n");

    /// <summary>The entries as they are in the file.</summary>
    public List<TunnelEntry> Read()
    {
        var text = AtomicFile.ReadIfExists(directory.TunnelState, MaxFileBytes);
        if (string.IsNullOrWhiteSpace(text))
        {
            return [];
        }

        try
        {
            var entries = text.TrimStart().StartsWith('[')
                ? JsonSerializer.Deserialize(text, TunnelJsonContext.Default.ListTunnelEntry)!
                : [.. JsonSerializer.Deserialize(text, TunnelJsonContext.Default.DictionaryStringTunnelEntry)!.Values];
            return [.. entries.Select(e => e.Id.Length > 0 ? e : e with { Id = TunnelEntry.KeyOf(e.ProjectId, e.EnvironmentId, e.AppName, e.Relationship, e.ServiceKey) })];
        }
        catch (Exception exception) when (exception is JsonException or NullReferenceException)
        {
            var aside = $"{directory.TunnelState}.corrupt-{time.GetUtcNow():yyyyMMddHHmmss}";
            File.Move(directory.TunnelState, aside, overwrite: true);
            terminal.Say($"The file {directory.TunnelState} was damaged ({exception.Message}).\nIt was set aside as {aside}. Tunnels that are still open end when their files in {Directory} are deleted.");
            return [];
        }
    }

    private bool IsOpen(TunnelEntry entry) => File.Exists(PidFile(entry.Id)) && IsAlive(entry.Pid);

    private static bool IsAlive(int pid)
    {
        if (pid <= 0)
        {
            return false;
        }

        // The number may have been given to another program since.
        if (OperatingSystem.IsLinux())
        {
            try
            {
                return File.ReadAllText($"/proc/{pid}/cmdline").Contains("tunnel:", StringComparison.Ordinal);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        }

        try
        {
            using var process = Process.GetProcessById(pid);
            return !process.HasExited;
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or Win32Exception)
        {
            return false;
        }
    }

    [GeneratedRegex("[^0-9a-z.]+", RegexOptions.NonBacktracking)]
    private static partial Regex NotInFileName();
}

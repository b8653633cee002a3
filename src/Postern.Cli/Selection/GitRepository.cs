using System.Text.RegularExpressions;
using Postern.Cli.CommandLine;
using Postern.Cli.Configuration;
using Postern.Cli.Files;
using Postern.Cli.Hosting;

namespace Postern.Cli.Selection;

/// <summary>The project that the current directory belongs to, if any.</summary>
internal sealed class GitRepository
{
    private const long MaxFileBytes = 1024 * 1024;
    private static readonly TimeSpan GitLimit = TimeSpan.FromSeconds(10);

    private readonly Invocation _invocation;
    private readonly string _git;

    private GitRepository(Invocation invocation, string git, string root)
    {
        _invocation = invocation;
        _git = git;
        Root = root;
    }

    public string Root { get; }

    public string ProjectId { get; private set; } = "";

    /// <summary>Environments by branch, as the project file maps them.</summary>
    public IReadOnlyDictionary<string, string> Mapping { get; private set; } = new Dictionary<string, string>();

    private string RemoteName { get; set; } = "";

    /// <summary>Walks up to the nearest repository that names a project in its file or its remote.</summary>
    public static async Task<GitRepository?> FindAsync(Invocation invocation, CancellationToken cancellation)
    {
        for (var directory = invocation.Host.CurrentDirectory; directory is not null; directory = Path.GetDirectoryName(directory))
        {
            var marker = Path.Combine(directory, ".git");
            // In a linked worktree .git is a file.
            if ((!Directory.Exists(marker) && !File.Exists(marker)) || Executables.Find(invocation.Host, "git") is not { } git)
            {
                continue;
            }

            var repository = new GitRepository(invocation, git, directory);
            if (repository.ReadProjectFile() || await repository.ReadRemotesAsync(cancellation))
            {
                return repository;
            }
        }

        return null;
    }

    public async Task<string?> CurrentBranchAsync(CancellationToken cancellation) => await RunAsync(["symbolic-ref", "--quiet", "--short", "HEAD"], cancellation);

    /// <summary>The branch on our remote that the current one follows.</summary>
    public async Task<string?> UpstreamBranchAsync(CancellationToken cancellation)
    {
        var upstream = await RunAsync(["rev-parse", "--abbrev-ref", "--symbolic-full-name", "@{upstream}"], cancellation);
        var prefix = (RemoteName.Length > 0 ? RemoteName : _invocation.Config.GitRemoteName) + "/";
        return upstream?.StartsWith(prefix, StringComparison.Ordinal) == true ? upstream[prefix.Length..] : null;
    }

    private bool ReadProjectFile()
    {
        var path = Path.Combine(Root, _invocation.Config.ProjectConfigDirectory, "local", "project.yaml");
        var text = AtomicFile.ReadIfExists(path, MaxFileBytes);
        if (text is null)
        {
            return false;
        }

        var faults = new List<string>();
        var file = YamlLayer.Read(text, path, faults);
        var id = file.Values.GetValueOrDefault("id")?.Scalar;
        if (faults.Count > 0 || string.IsNullOrEmpty(id))
        {
            _invocation.Terminal.Say($"Ignoring {path}: {(faults.Count > 0 ? faults[0] : "it has no id")}");
            return false;
        }

        ProjectId = id;
        Mapping = file.Values.Where(v => v.Key.StartsWith("mapping.", StringComparison.Ordinal) && v.Value.Scalar is not null)
            .ToDictionary(v => v.Key["mapping.".Length..], v => v.Value.Scalar!, StringComparer.Ordinal);
        return true;
    }

    private async Task<bool> ReadRemotesAsync(CancellationToken cancellation)
    {
        if (_invocation.Config.GitDomain is not { } domain)
        {
            return false;
        }

        var pattern = new Regex(
            $@"^(?:ssh://)?([a-z0-9]{{12,}})@git\.((?:[a-z0-9-]+\.)?{Regex.Escape(domain)})(?::|:[0-9]+/|/)\1\.git$", RegexOptions.None, TimeSpan.FromSeconds(1));
        foreach (var remote in new[] { _invocation.Config.GitRemoteName, "origin" })
        {
            if (await RunAsync(["config", "--get", $"remote.{remote}.url"], cancellation) is { } url && pattern.Match(url) is { Success: true } match)
            {
                ProjectId = match.Groups[1].Value;
                RemoteName = remote;
                return true;
            }
        }

        return false;
    }

    private async Task<string?> RunAsync(string[] arguments, CancellationToken cancellation)
    {
        var result = await _invocation.Processes.CaptureAsync(_git, ["-C", Root, .. arguments], GitLimit, cancellation);
        var text = result.Output.Trim();
        return result.ExitCode == 0 && text.Length > 0 ? text : null;
    }
}

using System.CommandLine;
using Postern.Directory.Apply;

namespace Postern.Server.Commands;

/// <summary><c>postern-server apply</c>: makes the Directory as a file declares it (docs/apply.md).</summary>
internal static class ApplyCommand
{
    /// <summary>Largest accepted document in bytes; the reader's own limit is in characters and comes after.</summary>
    private const int MaximumSize = 4 * 1024 * 1024;

    public static Command Create()
    {
        var file = new Argument<string>("file") { Description = "The document; - reads standard input" };
        var command = new Command("apply", "Make organizations, projects, roles and environments as a file declares them") { file };
        command.RunsOnCore(async (arguments, services, cancellationToken) =>
        {
            var path = arguments.GetValue(file)!;
            var text = await ReadAsync(path, cancellationToken);
            var folder = path == "-" ? Environment.CurrentDirectory : Path.GetDirectoryName(Path.GetFullPath(path))!;
            var result = await services.GetRequiredService<Applier>().ApplyAsync(text, folder, cancellationToken);
            if (!result.IsApplied)
            {
                await CommandContext.FailAsync(result.Faults.Select(f => $"{path}: {f}"));
                return await CommandContext.FailAsync($"{result.Faults.Count} fault(s); nothing was changed.");
            }

            foreach (var change in result.Changes)
            {
                await Console.Out.WriteLineAsync(change.ToString());
            }

            var counts = result.Changes.GroupBy(c => c.Outcome).OrderBy(g => g.Key).Select(g => $"{g.Count()} {g.Key.ToString().ToLowerInvariant()}");
            await Console.Out.WriteLineAsync(string.Join(", ", counts));
            return 0;
        });
        return command;
    }

    private static async Task<string> ReadAsync(string path, CancellationToken cancellationToken)
    {
        if (path != "-" && new FileInfo(path) is { Exists: true, Length: > MaximumSize } large)
        {
            throw new IOException($"{path} has {large.Length} bytes, more than {MaximumSize}");
        }

        return path == "-" ? await Console.In.ReadToEndAsync(cancellationToken) : await File.ReadAllTextAsync(path, cancellationToken);
    }
}

using System.Globalization;
using Fuzz.Connections;
using Fuzz.Inputs;
using Fuzz.Targets;

namespace Fuzz;

/// <summary>
/// Fuzzes every decoder and whole connections: <c>fuzz [DURATION] [--seed N] [--target NAME] [--output FOLDER]</c>, with
/// durations such as 90, 90s, 5m and 8h; or tries kept inputs again: <c>fuzz --replay FILE...</c>, and connections by
/// their numbers: <c>fuzz --connection SEED ROUND</c>.
/// </summary>
internal static class Program
{
    private static readonly TimeSpan Usual = TimeSpan.FromMinutes(5);

    public static async Task<int> Main(string[] arguments)
    {
        var duration = Usual;
        var seed = Environment.TickCount;
        string? target = null;
        var output = Path.Combine(RepositoryFolder.Path, "artifacts", "fuzz");
        for (var i = 0; i < arguments.Length; i++)
        {
            switch (arguments[i])
            {
                case "--seed":
                    seed = int.Parse(arguments[++i], CultureInfo.InvariantCulture);
                    break;
                case "--target":
                    target = arguments[++i];
                    break;
                case "--output":
                    output = arguments[++i];
                    break;
                case "--replay":
                    return Replay(arguments[(i + 1)..]);
                case "--connection":
                    return await ReplayConnectionAsync(arguments[(i + 1)..]);
                default:
                    duration = ParseDuration(arguments[i]);
                    break;
            }
        }

        await Console.Out.WriteLineAsync($"seed {seed}, {duration}");
        using var run = new FuzzRun(seed, target, output, Console.Out);
        var (passed, failed) = await run.RunAsync(duration);
        await Console.Out.WriteLineAsync($"{passed} targets held, {failed} did not");
        return failed == 0 ? 0 : 1;
    }

    /// <summary>The fault that a kept input causes today, or null. The file's name begins with the target's.</summary>
    public static Fault? Replay(string file)
    {
        var target = AllTargets.Find(Path.GetFileName(file).Split('.')[0]);
        return new DecoderFuzzer(target, seed: 0).Judge(File.ReadAllBytes(file));
    }

    private static int Replay(string[] files)
    {
        var failed = 0;
        foreach (var file in files)
        {
            var fault = Replay(file);
            Console.WriteLine($"{(fault is null ? "ok" : "FAILED")} {file} {fault?.Reason}");
            failed += fault is null ? 0 : 1;
        }

        return failed == 0 ? 0 : 1;
    }

    private static async Task<int> ReplayConnectionAsync(string[] numbers)
    {
        var fault = await new ConnectionFuzzer(int.Parse(numbers[0], CultureInfo.InvariantCulture))
            .RunAsync(int.Parse(numbers[1], CultureInfo.InvariantCulture));
        await Console.Out.WriteLineAsync(fault?.Reason ?? "ok");
        return fault is null ? 0 : 1;
    }

    private static TimeSpan ParseDuration(string text)
    {
        var unit = char.IsAsciiDigit(text[^1]) ? 's' : text[^1];
        var number = double.Parse(text.TrimEnd(unit), CultureInfo.InvariantCulture);
        return unit switch
        {
            's' => TimeSpan.FromSeconds(number),
            'm' => TimeSpan.FromMinutes(number),
            'h' => TimeSpan.FromHours(number),
            _ => throw new ArgumentException($"'{text}' is no duration such as 90, 90s, 5m or 8h"),
        };
    }
}

using System.Text;
using Fuzz.Targets;

namespace Fuzz.Inputs;

/// <summary>
/// Feeds one target with mutated inputs. An input whose outcome is new (another word, another text of refusal) joins
/// the ones that are mutated further, which leads it deeper without instrumented code.
/// </summary>
internal sealed class DecoderFuzzer
{
    private const int LargestCorpus = 2000;

    private readonly FuzzTarget _target;
    private readonly int _seed;
    private readonly Random _random;
    private readonly Mutator _mutator;
    private readonly List<byte[]> _corpus;
    private readonly HashSet<string> _outcomes = [];
    private readonly Watchdog? _watchdog;

    public DecoderFuzzer(FuzzTarget target, int seed, Watchdog? watchdog = null)
    {
        _target = target;
        _seed = seed;
        _watchdog = watchdog;
        _random = new Random(seed);
        _mutator = new Mutator(_random, target.Dictionary);
        _corpus = [.. target.Seeds];

        // What is made once, at the first use of a type, is not an input's fault.
        foreach (var input in target.Seeds)
        {
            _ = Judge(input, mayAllocate: true);
            _ = Judge([], mayAllocate: true);
        }
    }

    /// <summary>How many inputs were tried.</summary>
    public long Rounds { get; private set; }

    /// <summary>How many kinds of outcome there were.</summary>
    public int Outcomes => _outcomes.Count;

    /// <summary>Tries one more input; null when every rule held.</summary>
    public Fault? Step()
    {
        Rounds++;
        var input = _mutator.Mutate(_corpus[_random.Next(_corpus.Count)], _corpus, _target.LongestInput);
        return Judge(input);
    }

    /// <summary>Tries an input that was kept.</summary>
    public Fault? Judge(byte[] input, bool mayAllocate = false)
    {
        var description = new Fault(_target.Name, _seed, Rounds, input, "");
        _watchdog?.Begin(description);
        string outcome;
        long allocated;
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            outcome = _target.Run(input);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        catch (Exception exception)
        {
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            if (exception.GetType() != _target.Refusal)
            {
                return description with { Reason = exception.ToString() };
            }

            outcome = exception.Message;
        }
        finally
        {
            _watchdog?.End();
        }

        var limit = _target.AllocationBase + (_target.AllocationPerByte * input.Length);
        if (allocated > limit && !mayAllocate)
        {
            return description with { Reason = $"{allocated} bytes allocated for an input of {input.Length}, more than {limit}" };
        }

        if (_outcomes.Count < LargestCorpus && _outcomes.Add(WithoutNumbers(outcome)))
        {
            _corpus.Add(input);
        }

        return null;
    }

    /// <summary>Numbers and quoted text would make every input new.</summary>
    private static string WithoutNumbers(string text)
    {
        var kind = new StringBuilder(text.Length);
        var isQuoted = false;
        foreach (var c in text)
        {
            isQuoted ^= c is '\'' or '"';
            if (!isQuoted && !char.IsAsciiDigit(c))
            {
                kind.Append(c);
            }
        }

        return kind.ToString();
    }
}

using Fuzz.Connections;
using Fuzz.Inputs;
using Fuzz.Targets;
using Postern.Ssh.Wire;

namespace Fuzz.Tests;

/// <summary>
/// A short run with fixed seeds over everything that <c>./test.sh fuzz</c> runs for longer, the inputs that broke
/// something once, and proof that the rules can be broken. Security 35, 72.
/// </summary>
public class FuzzTests
{
    private const int Seed = 20_250_101;
    private const int Inputs = 3000;
    private const int Connections = 300;

    public static TheoryData<string> Targets() => [.. AllTargets.Decoders.Select(t => t.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Decoder_OfMutatedInputs_KeepsTheRules(string name)
    {
        var fuzzer = new DecoderFuzzer(AllTargets.Find(name), Seed);
        for (var i = 0; i < Inputs; i++)
        {
            var fault = fuzzer.Step();
            Assert.True(fault is null, $"{fault?.Reason}\n{(fault is null ? "" : Convert.ToHexString(fault.Input))}");
        }

        Assert.True(fuzzer.Outcomes > 1, "every input has the same outcome: the seeds lead nowhere");
    }

    [Fact]
    public async Task Connection_OfMutatedPackets_EndsCleanly()
    {
        var fuzzer = new ConnectionFuzzer(Seed);
        for (var i = 0; i < Connections; i++)
        {
            var fault = await fuzzer.StepAsync();
            Assert.True(fault is null, $"fuzz --connection {Seed} {fault?.Round}: {fault?.Reason}");
        }

        Assert.InRange(fuzzer.Authenticated, Connections / 5, Connections);
        Assert.InRange(fuzzer.Channels, Connections / 5, int.MaxValue);
    }

    [Fact]
    public void KeptInputs_BreakNothingAnyMore()
    {
        foreach (var file in Directory.EnumerateFiles(RepositoryFolder.Crashes, "*.bin"))
        {
            var fault = Program.Replay(file);
            Assert.True(fault is null, $"{file}: {fault?.Reason}");
        }
    }

    [Fact]
    public void DecoderThatThrowsAnythingElse_IsFound() => Assert.Contains(
        nameof(IndexOutOfRangeException),
        FirstFault(bytes => bytes.Length > 8 ? throw new IndexOutOfRangeException() : "short"),
        StringComparison.Ordinal);

    [Fact]
    public void DecoderThatAllocatesWhatALengthSays_IsFound() => Assert.Contains(
        "bytes allocated",
        FirstFault(bytes =>
        {
            var reader = new WireReader(bytes);
            var length = reader.ReadUInt32();
            return length < 100_000_000 ? new byte[length].Length.ToString(System.Globalization.CultureInfo.InvariantCulture) : "long";
        }),
        StringComparison.Ordinal);

    private static string FirstFault(Func<byte[], string> run)
    {
        var fuzzer = new DecoderFuzzer(new FuzzTarget("broken", [[0, 0, 0, 1, 97]], run), Seed);
        for (var i = 0; i < 100_000; i++)
        {
            if (fuzzer.Step() is { } fault)
            {
                return fault.Reason;
            }
        }

        return "";
    }
}

using System.Text;
using Postern.Testing;

namespace Conformance;

/// <summary>
/// What went over the wire in one session, in order: <c>&gt;</c> lines are the client's bytes, <c>&lt;</c> lines the
/// server's, in hexadecimal, 48 bytes to a line. A <c>=</c> line in front is a signature that cannot be made again.
/// </summary>
public sealed class Transcript
{
    private const int LineBytes = 48;
    private readonly List<(bool IsClient, List<byte> Bytes)> _turns = [];

    /// <summary>Whether sessions are recorded instead of replayed.</summary>
    public static bool IsRecording => Environment.GetEnvironmentVariable("POSTERN_RECORD") == "1";

    /// <summary>The turns: one side's bytes up to where the other's begin.</summary>
    public IEnumerable<(bool IsClient, byte[] Bytes)> Turns => _turns.Select(turn => (turn.IsClient, turn.Bytes.ToArray()));

    /// <summary>The server's signature over the exchange hash, when its key signs differently each time.</summary>
    public byte[]? Signature { get; set; }

    /// <summary>A file beside the recorded transcripts.</summary>
    public static string PathOf(string name) => Path.Combine(Repository.Root, "tests", "Conformance", "transcripts", name);

    public static Transcript Read(string name)
    {
        var transcript = new Transcript();
        foreach (var line in File.ReadLines(PathOf(name)).Where(line => line.Length > 0 && line[0] is '<' or '>' or '='))
        {
            var bytes = Convert.FromHexString(line[2..]);
            if (line[0] == '=')
            {
                transcript.Signature = bytes;
                continue;
            }

            transcript.Add(line[0] == '>', bytes);
        }

        return transcript;
    }

    public void Add(bool isClient, ReadOnlySpan<byte> bytes)
    {
        lock (_turns)
        {
            if (_turns.Count == 0 || _turns[^1].IsClient != isClient)
            {
                _turns.Add((isClient, []));
            }

            _turns[^1].Bytes.AddRange(bytes);
        }
    }

    public void Write(string name, string title)
    {
        var text = new StringBuilder($"# {title}\n");
        if (Signature is not null)
        {
            text.Append("= ").Append(Convert.ToHexStringLower(Signature)).Append('\n');
        }

        foreach (var (isClient, bytes) in _turns)
        {
            foreach (var line in bytes.Chunk(LineBytes))
            {
                text.Append(isClient ? "> " : "< ").Append(Convert.ToHexStringLower(line)).Append('\n');
            }
        }

        File.WriteAllText(PathOf(name), text.ToString());
    }
}

using Postern.Ssh.Connection;
using Postern.Ssh.EventLoops;
using Postern.Ssh.Keys;
using Postern.Ssh.Transport;
using Postern.Ssh.Transport.KeyExchange;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Server;

/// <summary>
/// Tells the client of all our host keys and proves that we hold them, so that a client which knows one of them learns
/// the others before they are changed (OpenSSH PROTOCOL 2.5). Certificates are none of it. Belongs to the dispatch lock.
/// </summary>
/// <remarks><code>
/// hostkeys-00@openssh.com         string[] host keys
/// hostkeys-prove-00@openssh.com   string[] host keys; the answer is string[] signatures, each over
///     string   "hostkeys-prove-00@openssh.com"
///     string   session identifier
///     string   host key
/// </code></remarks>
/// <param name="exchange">What has the keys and names the session.</param>
/// <param name="costly">Where signatures are made that take long.</param>
/// <param name="reached">Hears of a client that asks too often.</param>
internal sealed class HostKeyProofs(ServerKeyExchange exchange, CostlyWork costly, ReachedLimits reached)
{
    /// <summary>
    /// Requests that are answered on one connection: a client needs one, and each costs as many signatures as there are
    /// keys.
    /// </summary>
    public const int MaximumRequests = 4;

    private const string AnnouncementName = "hostkeys-00@openssh.com";
    private const string ProofName = "hostkeys-prove-00@openssh.com";
    private const string PreferredRsaSignature = "rsa-sha2-512";

    private readonly IReadOnlyList<HostKey> _keys = exchange.HostKeys;
    private int _requests;

    /// <summary>What is told to the client once it has authenticated; no answer is wanted.</summary>
    public GlobalRequest Announcement =>
        new GlobalRequest.Other(AnnouncementName, Concatenate(_keys.Select(key => key.Signer.PublicKey.Blob)));

    /// <summary>Whether a request is one for proofs.</summary>
    public static bool IsProofRequest(GlobalRequest request) => request is GlobalRequest.Other { Name: ProofName };

    /// <summary>Signs for each key that the client asks about; fails when one is not ours, or asked for twice.</summary>
    /// <remarks>
    /// RSA takes milliseconds, which the others of the event loop do not wait for.
    /// </remarks>
    public ValueTask<GlobalReply> ProveAsync(GlobalRequest request)
    {
        if (++_requests > MaximumRequests)
        {
            reached.Note(EngineLimit.Proofs);
            return ValueTask.FromResult(GlobalReply.Failure);
        }

        if (Asked(((GlobalRequest.Other)request).Content.Span) is not { } asked)
        {
            return ValueTask.FromResult(GlobalReply.Failure);
        }

        List<Proof> proofs = [.. asked.Select(key => new Proof(key.Signer, SignatureOf(key.Signer.PublicKey), Write(key.Signer)))];
        return asked.Exists(key => key.Signer.PublicKey is RsaPublicKey)
            ? new ValueTask<GlobalReply>(costly.RunAsync(() => Sign(proofs), isSignedIn: true, reached.NoteComputing))
            : ValueTask.FromResult(Sign(proofs));
    }

    private static GlobalReply Sign(List<Proof> proofs) =>
        new(true, Concatenate(proofs.Select(proof => (ReadOnlyMemory<byte>)proof.Signer.Sign(proof.Algorithm, proof.Signed))));

    /// <summary>The keys that a request names; null when it is malformed or names one that may not be asked for.</summary>
    private List<HostKey>? Asked(ReadOnlySpan<byte> content)
    {
        var asked = new List<HostKey>();
        try
        {
            var reader = new WireReader(content);
            while (!reader.IsAtEnd)
            {
                var blob = reader.ReadString(WireLimits.KeyBlob);
                if (Find(blob) is not { } key || asked.Contains(key))
                {
                    return null;
                }

                asked.Add(key);
            }
        }
        catch (WireFormatException)
        {
            return null;
        }

        return asked.Count > 0 ? asked : null;
    }

    private HostKey? Find(ReadOnlySpan<byte> blob)
    {
        foreach (var key in _keys)
        {
            if (key.Signer.PublicKey.Blob.Span.SequenceEqual(blob))
            {
                return key;
            }
        }

        return null;
    }

    /// <summary>What is signed.</summary>
    private byte[] Write(ISigner signer)
    {
        var blob = signer.PublicKey.Blob.Span;
        var session = exchange.SessionId!;
        var data = new byte[(3 * sizeof(uint)) + ProofName.Length + session.Length + blob.Length];
        var writer = new WireWriter(data);
        writer.WriteText(ProofName);
        writer.WriteString(session);
        writer.WriteString(blob);
        return data;
    }

    // The client verifies an RSA proof by what it negotiated, if that was RSA, and takes any SHA-2 one otherwise.
    private string SignatureOf(PublicKey key) => key.SignatureAlgorithms switch
    {
        [var only] => only,
        var several when several.Contains(exchange.HostKeySignature) => exchange.HostKeySignature,
        _ => PreferredRsaSignature,
    };

    private static byte[] Concatenate(IEnumerable<ReadOnlyMemory<byte>> strings)
    {
        var all = strings.ToList();
        var content = new byte[all.Sum(one => sizeof(uint) + one.Length)];
        var writer = new WireWriter(content);
        foreach (var one in all)
        {
            writer.WriteString(one.Span);
        }

        return content;
    }

    private sealed record Proof(ISigner Signer, string Algorithm, byte[] Signed);
}

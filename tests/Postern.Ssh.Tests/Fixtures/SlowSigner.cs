using Postern.Ssh.Keys;

namespace Postern.Ssh.Tests.Fixtures;

/// <summary>An RSA key whose signatures wait for the test.</summary>
internal sealed class SlowSigner : ISigner, IDisposable
{
    // Everything that a test waits for meanwhile has its own patience, and is to lose it first.
    private static readonly TimeSpan Longest = 5 * ScriptedPeer.Patience;

    private static readonly RsaPrivateKey Key = RsaPrivateKey.Generate(2048);

    private readonly ManualResetEventSlim _gate = new(initialState: true);
    private readonly TaskCompletionSource _signing = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private bool _isFirstOnly;
    private int _begun;

    public PublicKey PublicKey => Key.PublicKey;

    /// <summary>Somebody waits for a signature.</summary>
    public Task Signing => _signing.Task;

    /// <summary>Whether signatures fail.</summary>
    public bool IsBroken { get; set; }

    public void Block() => _gate.Reset();

    /// <summary>Has the first signature wait, and no other.</summary>
    public void BlockFirst()
    {
        _gate.Reset();
        _isFirstOnly = true;
    }

    public void Release() => _gate.Set();

    public byte[] Sign(string algorithm, ReadOnlySpan<byte> data)
    {
        _signing.TrySetResult();
        if (Interlocked.Increment(ref _begun) == 1 || !_isFirstOnly)
        {
            _gate.Wait(Longest);
        }

        return IsBroken ? throw new InvalidOperationException("the key does not answer") : Key.Sign(algorithm, data);
    }

    public void Dispose() => _gate.Dispose();
}

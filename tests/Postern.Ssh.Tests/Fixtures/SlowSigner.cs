using Postern.Ssh.Keys;

namespace Postern.Ssh.Tests.Fixtures;

/// <summary>An RSA key whose signatures wait for the test.</summary>
internal sealed class SlowSigner : ISigner, IDisposable
{
    private static readonly RsaPrivateKey Key = RsaPrivateKey.Generate(2048);

    private readonly ManualResetEventSlim _gate = new(initialState: true);
    private readonly TaskCompletionSource _signing = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public PublicKey PublicKey => Key.PublicKey;

    /// <summary>Somebody waits for a signature.</summary>
    public Task Signing => _signing.Task;

    /// <summary>Whether signatures fail.</summary>
    public bool IsBroken { get; set; }

    public void Block() => _gate.Reset();

    public void Release() => _gate.Set();

    public byte[] Sign(string algorithm, ReadOnlySpan<byte> data)
    {
        _signing.TrySetResult();
        _gate.Wait(ScriptedPeer.Patience);
        return IsBroken ? throw new InvalidOperationException("the key does not answer") : Key.Sign(algorithm, data);
    }

    public void Dispose() => _gate.Dispose();
}

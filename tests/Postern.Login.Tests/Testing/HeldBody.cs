namespace Postern.Login.Tests.Testing;

/// <summary>A request whose body does not come before the test says so: what a hostile client does that keeps a request pending.</summary>
internal sealed class HeldBody
{
    /// <summary>The header that names the body to the test server.</summary>
    public const string Header = "X-Test-Held";

    private readonly TaskCompletionSource _reading = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Done when the server waits for the body.</summary>
    public Task Reading => _reading.Task;

    /// <summary>Lets the body come.</summary>
    public void Release() => _release.SetResult();

    /// <summary>The body as the server reads it.</summary>
    public Stream Wrap(Stream body) => new Held(body, this);

    private sealed class Held(Stream body, HeldBody owner) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            owner._reading.TrySetResult();
            await owner._release.Task.WaitAsync(cancellationToken);
            return await body.ReadAsync(buffer, cancellationToken);
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}

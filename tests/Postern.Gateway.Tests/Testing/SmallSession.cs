using Postern.Ssh.Connection;

namespace Postern.Gateway.Tests.Testing;

/// <summary>A channel that takes everything; a command ends at once.</summary>
internal sealed class SmallSession : IChannelHandler
{
    private Channel? _channel;

    public bool IsClosed { get; private set; }

    public void OnOpened(Channel channel) => _channel = channel;

    public int OnData(ReadOnlySpan<byte> data) => data.Length;

    public void OnEof()
    {
    }

    public ValueTask<bool> OnRequestAsync(ChannelRequest request, CancellationToken cancellationToken)
    {
        if (request is ChannelRequest.Exec)
        {
            ThreadPool.QueueUserWorkItem(_ =>
            {
                _channel!.SendExitStatus(0);
                _channel.Close();
            });
        }

        return ValueTask.FromResult(true);
    }

    public void OnClosed() => IsClosed = true;
}

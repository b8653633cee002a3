using Postern.Ssh.Messages;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Tests.Messages;

public class PublicKeyRequestTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void Request_IsReadAndWrittenTheSame_AndRefusedWhenCut(bool isSigned, bool isHostBound)
    {
        var request = new PublicKeyRequest("ssh-ed25519", [1, 2], isHostBound ? [3] : null, isSigned ? [4, 5] : null);
        var buffer = new byte[256];
        var writer = new WireWriter(buffer);
        request.Write(ref writer);
        var payload = writer.Written.ToArray();

        var read = Read(payload, isHostBound);
        Assert.Equal(request.Algorithm, read.Algorithm);
        Assert.Equal(request.KeyBlob, read.KeyBlob);
        Assert.Equal(request.HostKey, read.HostKey);
        Assert.Equal(request.Signature, read.Signature);
        for (var length = 0; length < payload.Length; length++)
        {
            Assert.Throws<WireFormatException>(() => Read(payload[..length], isHostBound));
        }

        Assert.Throws<WireFormatException>(() => Read([.. payload, 0], isHostBound));
    }

    private static PublicKeyRequest Read(byte[] payload, bool isHostBound)
    {
        var reader = new WireReader(payload);
        return PublicKeyRequest.Read(ref reader, isHostBound);
    }
}

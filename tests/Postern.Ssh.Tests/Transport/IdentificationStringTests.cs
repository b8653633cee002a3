using System.Text;
using Postern.Ssh.Transport;

namespace Postern.Ssh.Tests.Transport;

public class IdentificationStringTests
{
    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", "SSH-2.0-OpenSSH_9.2p1 Debian-2")]
    [InlineData("SSH-2.0-x\n", "SSH-2.0-x")]
    [InlineData("SSH-1.99-x\r\n", "SSH-1.99-x")]
    public void Line_WithCrLfOrLf_IsRead(string line, string version)
    {
        var bytes = Encoding.ASCII.GetBytes(line + "more");
        Assert.Equal(line.Length, IdentificationString.TryRead(bytes, out var read));
        Assert.Equal(version, read);
        for (var length = 0; length < line.Length; length++)
        {
            Assert.Equal(0, IdentificationString.TryRead(bytes.AsSpan(0, length), out _));
        }
    }

    [Theory]
    [InlineData("SSH-1.5-x\r\n")]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("\r\n")]
    [InlineData("welcome\r\nSSH-2.0-x\r\n")]
    [InlineData("SSH-2.0-\0\r\n")]
    [InlineData("SSH-2.0-a\rb\r\n")]
    [InlineData("SSH-2.0-\u001b[2J\r\n")]
    public void Line_OfAnotherForm_IsRefused(string line) =>
        Assert.Throws<DisconnectException>(() => IdentificationString.TryRead(Encoding.Latin1.GetBytes(line), out _));

    [Fact]
    public void Line_WithoutEnd_IsRefusedAtItsLimit()
    {
        var bytes = Encoding.ASCII.GetBytes("SSH-2.0-".PadRight(300, 'x'));
        Assert.Equal(0, IdentificationString.TryRead(bytes.AsSpan(0, 254), out _));
        Assert.Throws<DisconnectException>(() => IdentificationString.TryRead(bytes.AsSpan(0, 255), out _));
    }
}

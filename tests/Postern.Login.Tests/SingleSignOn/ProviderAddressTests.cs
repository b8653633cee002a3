using System.Net;
using Postern.Login.SingleSignOn;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.SingleSignOn;

/// <summary>An administrator's provider reaches nothing that is not on the internet. Security 54: however the address is spelled.</summary>
public class ProviderAddressTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("10.1.2.3")]
    [InlineData("100.64.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.1.1")]
    [InlineData("198.18.0.1")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("::127.0.0.1")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("fe80::1")]
    [InlineData("fc00::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("ff02::1")]
    [InlineData("2002:7f00:1::1")]
    [InlineData("2001:0:7f00:1::1")]
    [InlineData("2001:db8::1")]
    public void NotOfTheInternet(string address) => Assert.False(ProviderAddress.IsPublic(IPAddress.Parse(address)));

    [Theory]
    [InlineData("8.8.8.8")]
    [InlineData("172.32.0.1")]
    [InlineData("100.128.0.1")]
    [InlineData("2606:4700::1111")]
    [InlineData("::ffff:8.8.8.8")]
    public void OfTheInternet(string address) => Assert.True(ProviderAddress.IsPublic(IPAddress.Parse(address)));

    [Theory]
    [InlineData("https://login.example", true)]
    [InlineData("https://login.example:8443/realms/acme", true)]
    [InlineData("http://login.example", false)]
    [InlineData("http://127.0.0.1:9000", true)]
    [InlineData("http://127.0.0.2:9000", false)]
    [InlineData("http://localhost:9000", false)]
    [InlineData("https://user:secret@login.example", false)]
    [InlineData("https://login.example/#fragment", false)]
    [InlineData("https://login.example/ x", false)]
    [InlineData("ftp://login.example", false)]
    [InlineData("file:///etc/passwd", false)]
    [InlineData("login.example", false)]
    [InlineData("", false)]
    public void Address_IsHttps_ExceptAtNamedLoopback(string url, bool isAllowed) =>
        Assert.Equal(isAllowed, ProviderAddress.IsAllowed(url, ["127.0.0.1", "login.example"]));

    [Theory]
    [InlineData("https://127.0.0.1:1")]
    [InlineData("https://2130706433:1")]
    [InlineData("https://0x7f000001:1")]
    [InlineData("https://[::1]:1")]
    [InlineData("https://[::ffff:127.0.0.1]:1")]
    [InlineData("https://localhost:1")]
    [InlineData("https://169.254.169.254")]
    public async Task InternalHost_IsNotConnectedTo(string url)
    {
        using var http = new ProviderHttp(new LoginOptions { Issuer = LoginServer.Issuer }, TimeProvider.System);
        var refusal = await Assert.ThrowsAsync<ProviderException>(() => http.GetAsync(url, null, CancellationToken.None));
        Assert.Equal(ProviderFailure.NotAllowed, refusal.Failure);
    }
}

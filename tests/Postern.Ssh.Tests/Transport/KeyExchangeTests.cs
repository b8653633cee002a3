using System.Security.Cryptography;
using Postern.Ssh.Messages;
using Postern.Ssh.Server;
using Postern.Ssh.Transport;
using Postern.Ssh.Transport.KeyExchange;

namespace Postern.Ssh.Tests.Transport;

public class KeyExchangeTests
{
    [Fact]
    public void Derivation_OfALongKey_GoesOnFromWhatIsThere()
    {
        byte[] secret = [0, 0, 0, 1, 5], hash = [6], session = [7];
        var key = new KeyDerivation(HashAlgorithmName.SHA256, secret, hash, session).Derive('C', 64);
        var first = SHA256.HashData([.. secret, .. hash, (byte)'C', .. session]);
        var second = SHA256.HashData([.. secret, .. hash, .. first]);
        Assert.Equal([.. first, .. second], key);
    }

    [Fact]
    public void Negotiation_TakesTheClientsFirstThatTheServerHas()
    {
        var server = Offer(["curve25519-sha256", "curve25519-sha256@libssh.org"], ["aes128-gcm@openssh.com", "aes256-gcm@openssh.com"]);
        var client = Offer(["unknown", "curve25519-sha256@libssh.org", "curve25519-sha256"], ["aes256-gcm@openssh.com", "aes128-gcm@openssh.com"]);
        var chosen = AlgorithmNegotiation.Negotiate(client, server);
        Assert.Equal("curve25519-sha256@libssh.org", chosen.KeyExchange.Name);
        Assert.Equal("aes256-gcm@openssh.com", chosen.CipherToServer.Name);
    }

    [Fact]
    public void Negotiation_WithNothingInCommon_SaysOfWhatKind()
    {
        var exception = Assert.Throws<DisconnectException>(() => AlgorithmNegotiation.Negotiate(
            Offer(["curve25519-sha256"], ["3des-cbc"]), Offer(["curve25519-sha256"], ["aes128-gcm@openssh.com"])));
        Assert.Equal("no cipher to server algorithm in common", exception.Message);
        Assert.Equal(DisconnectCode.KeyExchangeFailed, exception.Code);
    }

    // RFC 4253 section 7.1: each direction on its own, and no MAC where the cipher authenticates.
    [Fact]
    public void Negotiation_OfMacs_IsPerDirectionAndOnlyWhereTheCipherNeedsOne()
    {
        var server = Offer(["curve25519-sha256"], ["aes128-gcm@openssh.com", "aes128-ctr"]) with
        {
            MacsToServer = ["hmac-sha2-256-etm@openssh.com", "hmac-sha2-512"],
            MacsToClient = ["hmac-sha2-256-etm@openssh.com", "hmac-sha2-512"],
        };
        var client = server with
        {
            CiphersToServer = ["aes128-ctr"],
            CiphersToClient = ["aes128-gcm@openssh.com"],
            MacsToServer = ["hmac-md5", "hmac-sha2-512", "hmac-sha2-256-etm@openssh.com"],
            MacsToClient = ["hmac-md5"],
        };
        var chosen = AlgorithmNegotiation.Negotiate(client, server);
        Assert.Equal((16, 64), (chosen.CipherToServer.KeyLength, chosen.CipherToServer.MacKeyLength));
        Assert.Equal(("aes128-gcm@openssh.com", 0), (chosen.CipherToClient.Name, chosen.CipherToClient.MacKeyLength));

        var exception = Assert.Throws<DisconnectException>(
            () => AlgorithmNegotiation.Negotiate(client with { CiphersToClient = ["aes128-ctr"] }, server));
        Assert.Equal("no MAC to client algorithm in common", exception.Message);
    }

    // The markers stand in the same list and must never be chosen as a method.
    [Fact]
    public void Negotiation_OfMarkersOnly_FindsNothing() => Assert.Throws<DisconnectException>(() => AlgorithmNegotiation.Negotiate(
        Offer(["ext-info-c", AlgorithmNegotiation.ServerStrict], ["aes128-gcm@openssh.com"]),
        Offer(["curve25519-sha256", AlgorithmNegotiation.ServerStrict], ["aes128-gcm@openssh.com"])));

    [Theory]
    [InlineData("ssh-ed25519", "ssh-ed25519-cert-v01@openssh.com")]
    [InlineData("rsa-sha2-512", "rsa-sha2-512-cert-v01@openssh.com")]
    [InlineData("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256-cert-v01@openssh.com")]
    [InlineData("sk-ssh-ed25519@openssh.com", "sk-ssh-ed25519-cert-v01@openssh.com")]
    [InlineData("sk-ecdsa-sha2-nistp256@openssh.com", "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com")]
    public void CertificateNames_GoBothWays(string signature, string certificate)
    {
        Assert.Equal(certificate, SignatureAlgorithmNames.ForCertificate(signature));
        Assert.Equal(signature, SignatureAlgorithmNames.ToSignature(certificate, out var isCertificate));
        Assert.True(isCertificate);
        Assert.Equal(signature, SignatureAlgorithmNames.ToSignature(signature, out isCertificate));
        Assert.False(isCertificate);
    }

    [Fact]
    public void Catalogue_WithAnUnknownName_IsRefused() =>
        Assert.Throws<ArgumentException>(() => new AlgorithmCatalogue(
            ["curve25519-sha256"], ["3des-cbc"], ["hmac-sha2-256"], ["ssh-ed25519"], ["ssh-ed25519"]));

    [Fact]
    public void Server_WithoutHostKey_IsRefused() => Assert.Throws<ArgumentException>(() => new SshServer(
        new ServerConfig { HostKeys = [] }, null!, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance));

    private static KexInit Offer(string[] keyExchanges, string[] ciphers) => new()
    {
        Cookie = new byte[KexInit.CookieLength],
        KeyExchanges = keyExchanges,
        HostKeys = ["ssh-ed25519"],
        CiphersToServer = ciphers,
        CiphersToClient = ciphers,
        MacsToServer = [],
        MacsToClient = [],
        CompressionsToServer = ["none"],
        CompressionsToClient = ["none"],
    };
}

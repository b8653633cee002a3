using System.Text;
using Postern.Ssh.Client;
using Postern.Ssh.Keys;
using Postern.Ssh.Messages;
using Postern.Ssh.Server;
using Postern.Ssh.Tests.Fixtures;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Tests.Client;

/// <summary>Who the client says it is, in which order, by which method and algorithm, and when it gives up.</summary>
public sealed class ClientAuthenticationTests
{
    [Fact]
    public async Task WithoutIdentities_TheMethodNoneIsTriedOnce()
    {
        using var server = await ScriptedServer.StartAtAuthenticationAsync(ClientFixture.Config with { Identities = [] });
        var request = await server.ExpectAsync<UserAuthRequest>();
        Assert.Equal(("user", "ssh-connection", "none"), (request.UserName, request.Service, request.Method));
        await server.SendAsync(new UserAuthFailure(["password"], IsPartialSuccess: false));
        var failure = await server.FailureAsync();
        Assert.Equal(ConnectionEnd.AuthenticationFailed, failure.End);
        Assert.Equal("the server takes no keys of 'user' (it goes on with: password)", failure.Message);
    }

    [Fact]
    public async Task WithoutIdentities_AServerThatAsksNothing_LetsTheClientIn()
    {
        using var server = await ScriptedServer.StartAtAuthenticationAsync(ClientFixture.Config with { Identities = [] });
        await server.ExpectAsync<UserAuthRequest>();
        await server.SendAsync(default(UserAuthSuccess));
        await using var connection = await server.Connecting.WaitAsync(ScriptedPeer.Patience);
    }

    [Fact]
    public async Task Identities_AreTriedInOrder_EachOnce()
    {
        var keys = Enumerable.Range(0, 3).Select(_ => Ed25519PrivateKey.Generate()).ToArray();
        await using var fixture = new ClientFixture { Judge = _ => new AuthenticationOutcome.Refused("no\x07 entry") };
        var failure = await Assert.ThrowsAsync<ConnectFailedException>(() => fixture.ConnectAsync(
            ClientFixture.Config with { Identities = [.. keys.Select(key => new ClientIdentity(key))] }));
        Assert.Equal(keys.Select(key => (PublicKey)key.PublicKey), fixture.Proved.Select(attempt => attempt.Key));
        Assert.Equal(ConnectionEnd.AuthenticationFailed, failure.End);
        Assert.Equal("the server accepted none of 3 keys (it goes on with: publickey)", failure.Message);
        Assert.Equal(["no? entry", "no? entry", "no? entry"], failure.Banners);
    }

    [Fact]
    public async Task PartialSuccess_GoesOnWithTheNextIdentity()
    {
        var second = Ed25519PrivateKey.Generate();
        var config = ClientFixture.Config with { Identities = [new ClientIdentity(ClientFixture.UserKey), new ClientIdentity(second)] };
        using var server = await ScriptedServer.StartAtAuthenticationAsync(config);
        Assert.Equal(ClientFixture.UserKey.PublicKey.Blob, Read(await server.ExpectAsync<UserAuthRequest>()).KeyBlob);
        await server.SendAsync(new UserAuthFailure(["publickey"], IsPartialSuccess: true));
        Assert.Equal(second.PublicKey.Blob, Read(await server.ExpectAsync<UserAuthRequest>()).KeyBlob);
        await server.SendAsync(new UserAuthFailure(["keyboard-interactive"], IsPartialSuccess: true));
        Assert.Equal(
            "the server wants a further proof that is not there (it goes on with: keyboard-interactive)",
            (await server.FailureAsync()).Message);
    }

    [Fact]
    public async Task Attempts_AreBounded()
    {
        var config = ClientFixture.Config with
        {
            Identities = [.. Enumerable.Repeat(new ClientIdentity(ClientFixture.UserKey), 10)],
            Limits = new ClientLimits { Attempts = 4 },
        };
        using var server = await ScriptedServer.StartAtAuthenticationAsync(config);
        for (var i = 0; i < 4; i++)
        {
            await server.ExpectAsync<UserAuthRequest>();
            await server.SendAsync(new UserAuthFailure(["publickey"], IsPartialSuccess: false));
        }

        Assert.Equal("more than 4 authentication attempts", (await server.FailureAsync()).Message);
    }

    [Theory]
    [InlineData(null, "rsa-sha2-512")]
    [InlineData("ssh-ed25519,rsa-sha2-256", "rsa-sha2-256")]
    [InlineData("rsa-sha2-256,rsa-sha2-512", "rsa-sha2-512")]
    [InlineData("ssh-rsa", "rsa-sha2-512")]
    public async Task Rsa_SignsWithTheHashThatTheServerTakes(string? announced, string expected)
    {
        using var key = RsaPrivateKey.Generate(2048);
        var extensions = announced is null
            ? null
            : new ExtInfo([new ExtInfo.Extension("server-sig-algs", Encoding.ASCII.GetBytes(announced))]);
        using var server = await ScriptedServer.StartAtAuthenticationAsync(
            ClientFixture.Config with { Identities = [new ClientIdentity(key)] }, extensions);
        Assert.Equal(expected, Read(await server.ExpectAsync<UserAuthRequest>()).Algorithm);
    }

    [Theory]
    [InlineData("0", true)]
    [InlineData("1", false)]
    [InlineData(null, false)]
    public async Task Proof_IsBoundToTheHostKey_WhereTheServerKnowsHow(string? version, bool isBound)
    {
        var extensions = version is null
            ? new ExtInfo([])
            : new ExtInfo([new ExtInfo.Extension("publickey-hostbound@openssh.com", Encoding.ASCII.GetBytes(version))]);
        using var server = await ScriptedServer.StartAtAuthenticationAsync(extensions: extensions);
        var request = await server.ExpectAsync<UserAuthRequest>();
        Assert.Equal(isBound ? "publickey-hostbound-v00@openssh.com" : "publickey", request.Method);
        Assert.Equal(isBound ? EngineFixture.HostKey.PublicKey.Blob.ToArray() : null, Read(request).HostKey);
    }

    private static PublicKeyRequest Read(UserAuthRequest request)
    {
        var reader = new WireReader(request.Rest);
        return PublicKeyRequest.Read(ref reader, request.Method != "publickey");
    }
}

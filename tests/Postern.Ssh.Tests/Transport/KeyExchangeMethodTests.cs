using Postern.Ssh.Transport;
using Postern.Ssh.Transport.KeyExchange;

namespace Postern.Ssh.Tests.Transport;

/// <summary>Rules that every key exchange method obeys, in both roles.</summary>
public class KeyExchangeMethodTests
{
    public static TheoryData<string> Names() => [.. AlgorithmCatalogue.Default.KeyExchanges];

    [Theory]
    [MemberData(nameof(Names))]
    public void BothRoles_ComeToTheSameSecret(string name)
    {
        var method = KeyExchangeMethod.Find(name)!;
        using var share = method.Begin(SystemRandomSource.Instance);
        using var agreement = method.Respond(share.Public.Span, SystemRandomSource.Instance);
        Assert.Equal(agreement.EncodedSecret, share.Complete(agreement.ServerPublic));
        Assert.True(agreement.EncodedSecret.Length > 28);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void EachExchange_HasKeysOfItsOwn(string name)
    {
        var method = KeyExchangeMethod.Find(name)!;
        using var first = method.Begin(SystemRandomSource.Instance);
        using var second = method.Begin(SystemRandomSource.Instance);
        Assert.NotEqual(first.Public.ToArray(), second.Public.ToArray());
        using var toFirst = method.Respond(first.Public.Span, SystemRandomSource.Instance);
        using var toSecond = method.Respond(first.Public.Span, SystemRandomSource.Instance);
        Assert.NotEqual(toFirst.ServerPublic, toSecond.ServerPublic);
        Assert.NotEqual(toFirst.EncodedSecret, toSecond.EncodedSecret);
    }

    // Security 37: a public value of another length is refused, whoever sends it.
    [Theory]
    [MemberData(nameof(Names))]
    public void PublicValue_OfAnotherLength_IsRefused(string name)
    {
        var method = KeyExchangeMethod.Find(name)!;
        using var share = method.Begin(SystemRandomSource.Instance);
        using var agreement = method.Respond(share.Public.Span, SystemRandomSource.Instance);
        foreach (var wrong in OtherLengths(share.Public.ToArray()))
        {
            var exception = Assert.Throws<DisconnectException>(() => method.Respond(wrong, SystemRandomSource.Instance));
            Assert.Equal(DisconnectCode.KeyExchangeFailed, exception.Code);
        }

        foreach (var wrong in OtherLengths(agreement.ServerPublic))
        {
            var exception = Assert.Throws<DisconnectException>(() => share.Complete(wrong));
            Assert.Equal(DisconnectCode.KeyExchangeFailed, exception.Code);
        }
    }

    private static IEnumerable<byte[]> OtherLengths(byte[] value) =>
        [[], value[..1], value[..^1], value[1..], [.. value, 0], [0, .. value], [.. value, .. value], new byte[64 * 1024]];
}

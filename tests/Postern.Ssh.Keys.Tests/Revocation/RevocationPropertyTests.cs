using FsCheck;
using FsCheck.Fluent;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Keys.Tests;

/// <summary>Whatever comes, a revocation list is read or refused, and what was revoked is revoked once it is written and read.</summary>
public sealed class RevocationPropertyTests : IDisposable
{
    private readonly CertificateWorkshop _workshop = new();
    private readonly byte[] _sample;

    public RevocationPropertyTests()
    {
        var builder = new RevocationListBuilder().RevokeKey(_workshop.Holder.PublicKey).RevokeKeyId(null, "bob").RevokeFingerprint(new byte[20]);
        for (ulong serial = 1; serial < 300; serial += 3)
        {
            builder.RevokeSerials(_workshop.Authority.PublicKey, serial, serial);
        }

        _sample = builder.RevokeSerials(null, 1 << 20, 1 << 21).RevokeSerials(null, 5, 5).Write(1, DateTimeOffset.UnixEpoch);
    }

    public void Dispose() => _workshop.Dispose();

    [Fact]
    public void List_OfAnyBytes_IsReadOrRefused() =>
        Prop.ForAll<byte[]>(bytes => IsReadOrRefused(bytes) && IsReadOrRefused([.. _sample, .. bytes])).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    [Fact]
    public void List_Mangled_IsReadOrRefused() =>
        Prop.ForAll<NonNegativeInt, NonNegativeInt, byte[]>((at, drop, insert) =>
        {
            var start = at.Get % _sample.Length;
            var end = Math.Min(_sample.Length, start + (drop.Get % 16));
            return IsReadOrRefused([.. _sample[..start], .. insert, .. _sample[end..]]);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    // Small numbers, so that ranges meet, overlap and become bitmaps.
    [Fact]
    public void Serials_OnceWritten_AreRevokedAndNoOthers() =>
        Prop.ForAll<(byte Low, byte Length, bool IsFar)[]>(ranges =>
        {
            var builder = new RevocationListBuilder();
            var revoked = new HashSet<ulong>();
            foreach (var (low, length, isFar) in ranges)
            {
                var first = (isFar ? ulong.MaxValue - 600 : 1) + low;
                var last = first + (length % 5u);
                builder.RevokeSerials(null, first, last);
                for (var serial = first; serial <= last; serial++)
                {
                    revoked.Add(serial);
                }
            }

            var list = RevocationList.Read(builder.Write(1, DateTimeOffset.UnixEpoch));
            return Enumerable.Range(1, 300).Select(n => (ulong)n).Concat(Enumerable.Range(0, 600).Select(n => ulong.MaxValue - (ulong)n))
                .All(serial => revoked.Contains(serial) == (Find(list, serial) == Revocation.Serial));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void Serials_ThatAreDense_TakeABitOrTwoEach()
    {
        var builder = new RevocationListBuilder();
        for (ulong serial = 1; serial <= 40_000; serial += 2)
        {
            builder.RevokeSerials(null, serial, serial);
        }

        var file = builder.Write(1, DateTimeOffset.UnixEpoch);

        Assert.InRange(file.Length, 40_000 / 8, 6_000);
        var list = RevocationList.Read(file);
        Assert.All(Enumerable.Range(1, 40_001), n => Assert.Equal(n % 2 == 1 && n < 40_000 ? Revocation.Serial : Revocation.None, Find(list, (ulong)n)));
    }

    private Revocation Find(RevocationList list, ulong serial) =>
        list.Find(_workshop.Holder.PublicKey, _workshop.Authority.PublicKey, serial, "alice");

    private static bool IsReadOrRefused(byte[] bytes)
    {
        try
        {
            RevocationList.Read(bytes);
        }
        catch (WireFormatException)
        {
            // Any other exception leaves here and fails the property.
        }

        return true;
    }
}

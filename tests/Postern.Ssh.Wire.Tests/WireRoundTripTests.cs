using FsCheck;
using FsCheck.Fluent;

namespace Postern.Ssh.Wire.Tests;

/// <summary>For each data type: what is written is read, whole, and whatever else comes is read or refused.</summary>
public class WireRoundTripTests
{
    private const int Large = 64 * 1024;

    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(1000);

    private delegate void Write(ref WireWriter writer);

    private delegate T Read<T>(ref WireReader reader);

    [Fact]
    public void Integers_AreReadAsWritten() => Prop.ForAll<byte, uint, ulong>((small, medium, large) =>
    {
        var wire = Written((ref WireWriter w) =>
        {
            w.WriteByte(small);
            w.WriteUInt32(medium);
            w.WriteUInt64(large);
            w.WriteBoolean(small > 127);
        });
        var reader = new WireReader(wire);
        return wire.Length == 14
            && reader.ReadByte() == small
            && reader.ReadUInt32() == medium
            && reader.ReadUInt64() == large
            && reader.ReadBoolean() == (small > 127)
            && reader.IsAtEnd;
    }).Check(Runs);

    [Fact]
    public void String_IsReadAsWritten_AndNotOneByteBelowItsLength() => Prop.ForAll<byte[]>(value =>
    {
        var wire = Written((ref WireWriter w) => w.WriteString(value));
        return ReadWhole(wire, (ref WireReader r) => r.ReadString(value.Length).ToArray()).SequenceEqual(value)
            && (value.Length == 0 || IsRefused(wire, (ref WireReader r) => r.ReadString(value.Length - 1).Length));
    }).Check(Runs);

    [Fact]
    public void Text_IsReadAsWritten() => Prop.ForAll<NonNull<string>>(text =>
    {
        // Half a surrogate pair has no UTF-8 form.
        var value = string.Concat(text.Get.Where(c => !char.IsSurrogate(c)));
        var wire = Written((ref WireWriter w) => w.WriteText(value));
        return ReadWhole(wire, (ref WireReader r) => r.ReadText(Large)) == value;
    }).Check(Runs);

    [Fact]
    public void NameList_IsReadAsWritten() => Prop.ForAll<NonNull<string>[]>(texts =>
    {
        var names = texts.Select(t => string.Concat(t.Get.Where(c => c is > ' ' and < '\x7f' and not ','))).Where(n => n.Length > 0).ToArray();
        var wire = Written((ref WireWriter w) => w.WriteNameList(names));
        return ReadWhole(wire, (ref WireReader r) => r.ReadNameList(Large)).SequenceEqual(names)
            && names.All(n => ReadWhole(Written((ref WireWriter w) => w.WriteText(n)), (ref WireReader r) => r.ReadName(Large)) == n);
    }).Check(Runs);

    [Fact]
    public void Mpint_IsReadAsItsMagnitude_AndHasOneFormOnly() => Prop.ForAll<byte[]>(magnitude =>
    {
        var wire = Written((ref WireWriter w) => w.WriteMpint(magnitude));
        var read = ReadWhole(wire, (ref WireReader r) => r.ReadMpint(Large).ToArray());
        var again = Written((ref WireWriter w) => w.WriteMpint(read));
        return read.SequenceEqual(magnitude.SkipWhile(b => b == 0)) && again.SequenceEqual(wire);
    }).Check(Runs);

    // What is accepted is canonical: written again it is the same bytes.
    [Fact]
    public void Bytes_AcceptedAsMpint_AreItsOnlyForm() => Prop.ForAll<byte[]>(bytes =>
    {
        var wire = Written((ref WireWriter w) => w.WriteString(bytes));
        try
        {
            var magnitude = ReadWhole(wire, (ref WireReader r) => r.ReadMpint(Large).ToArray());
            return Written((ref WireWriter w) => w.WriteMpint(magnitude)).SequenceEqual(wire);
        }
        catch (WireFormatException)
        {
            return true;
        }
    }).Check(Runs);

    [Fact]
    public void Bytes_OfAnyKind_AreReadOrRefusedByEveryReader() => Prop.ForAll<byte[], byte>((bytes, length) =>
    {
        // With a length in front that may fit, so that the inner checks are reached too.
        byte[] framed = [0, 0, 0, (byte)(length % (bytes.Length + 2)), .. bytes];
        foreach (var wire in new[] { bytes, framed })
        {
            IsRefused(wire, (ref WireReader r) => r.ReadByte());
            IsRefused(wire, (ref WireReader r) => r.ReadBoolean());
            IsRefused(wire, (ref WireReader r) => r.ReadUInt32());
            IsRefused(wire, (ref WireReader r) => r.ReadUInt64());
            IsRefused(wire, (ref WireReader r) => r.ReadString(Large).Length);
            IsRefused(wire, (ref WireReader r) => r.ReadText(Large));
            IsRefused(wire, (ref WireReader r) => r.ReadName(Large));
            IsRefused(wire, (ref WireReader r) => r.ReadNameList(Large));
            IsRefused(wire, (ref WireReader r) => r.ReadMpint(Large).Length);
            IsRefused(wire, (ref WireReader r) => r.ReadBytes(length).Length);
        }

        return true;
    }).Check(Runs);

    [Fact]
    public void Fields_CutShortAnywhere_AreRefused() => Prop.ForAll<byte[], uint>((value, number) =>
    {
        var wire = Written((ref WireWriter w) =>
        {
            w.WriteString(value);
            w.WriteUInt32(number);
            w.WriteMpint(value);
        });
        return Enumerable.Range(0, wire.Length).All(n => IsRefused(wire[..n], (ref WireReader r) =>
        {
            r.ReadString(Large);
            r.ReadUInt32();
            return r.ReadMpint(Large).Length;
        }));
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(100));

    [Theory]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData(int.MaxValue)]
    public void Bytes_OfImpossibleCount_AreRefused(int count) =>
        Assert.True(IsRefused(new byte[8], (ref WireReader r) => r.ReadBytes(count).Length));

    [Fact]
    public void Rest_IsWhatIsLeft_AndThenNothing()
    {
        var reader = new WireReader([1, 2, 3]);
        reader.ReadByte();
        Assert.Equal(1, reader.Position);
        Assert.Equal(2, reader.Remaining);
        Assert.Equal([2, 3], reader.ReadRest().ToArray());
        Assert.True(reader.ReadRest().IsEmpty);
        reader.RequireEnd();
    }

    // Every kind of write, into a buffer that is one byte too small for it.
    [Fact]
    public void Writer_WithOneByteTooFew_Throws() => Prop.ForAll<NonEmptyArray<byte>>(value =>
    {
        Write[] writes =
        [
            (ref WireWriter w) => w.WriteBytes(value.Get),
            (ref WireWriter w) => w.WriteString(value.Get),
            (ref WireWriter w) => w.WriteMpint(value.Get),
            (ref WireWriter w) => w.WriteText(Convert.ToBase64String(value.Get)),
            (ref WireWriter w) => w.WriteNameList(["a", "b"]),
            (ref WireWriter w) => w.WriteUInt64(1),
            (ref WireWriter w) => w.WriteBoolean(true),
        ];
        foreach (var write in writes)
        {
            var size = Written(write).Length;
            Assert.Throws<InvalidOperationException>(() =>
            {
                var writer = new WireWriter(new byte[size - 1]);
                write(ref writer);
            });
        }

        return true;
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(100));

    private static byte[] Written(Write write)
    {
        var writer = new WireWriter(new byte[4096]); // Generated values are under a few hundred bytes.
        write(ref writer);
        return writer.Written.ToArray();
    }

    private static T ReadWhole<T>(byte[] wire, Read<T> read)
    {
        var reader = new WireReader(wire);
        var value = read(ref reader);
        reader.RequireEnd();
        return value;
    }

    // Any other exception leaves here and fails the property.
    private static bool IsRefused<T>(byte[] wire, Read<T> read)
    {
        try
        {
            var reader = new WireReader(wire);
            read(ref reader);
            return false;
        }
        catch (WireFormatException)
        {
            return true;
        }
    }
}

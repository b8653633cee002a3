using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;

namespace Postern.Ssh.Wire.Tests;

/// <summary>Lengths from the wire are never believed: what is not there is not allocated. Security 35, 72.</summary>
public class WireAllocationTests
{
    // An exception with its text and stack trace.
    private const long Refusal = 32 * 1024;

    private delegate void Read(ref WireReader reader);

    public static TheoryData<uint> Lengths() =>
    [
        33, 255, 256, 65_535, 65_536, 1 << 20, 0x7fff_fff0, 0x7fff_fffb, 0x7fff_fffc, 0x7fff_ffff, 0x8000_0000, 0x8000_0001,
        0xffff_fff0, 0xffff_fffb, 0xffff_fffc, 0xffff_ffff,
    ];

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Length_BeyondTheBytes_IsRefusedWithoutAllocating(uint length)
    {
        var wire = new byte[36];
        BinaryPrimitives.WriteUInt32BigEndian(wire, length);
        Read[] reads =
        [
            (ref WireReader r) => r.ReadString(int.MaxValue),
            (ref WireReader r) => r.ReadString(16),
            (ref WireReader r) => r.ReadText(int.MaxValue),
            (ref WireReader r) => r.ReadName(int.MaxValue),
            (ref WireReader r) => r.ReadNameList(int.MaxValue),
            (ref WireReader r) => r.ReadMpint(int.MaxValue),
        ];
        foreach (var read in reads)
        {
            RequireRefusal(wire, read);
            var before = GC.GetAllocatedBytesForCurrentThread();
            RequireRefusal(wire, read);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, Refusal);
        }
    }

    // Whatever length stands in front of whatever bytes: what is allocated is in proportion to what is there.
    [Fact]
    public void AnyLength_BeforeAnyBytes_AllocatesInProportion() => Prop.ForAll<uint, byte[]>((length, bytes) =>
    {
        var wire = new byte[4 + bytes.Length];
        bytes.CopyTo(wire, 4);
        return new[] { length, length % 64, uint.MaxValue - (length % 8), int.MaxValue + (length % 8) }.All(claimed =>
        {
            BinaryPrimitives.WriteUInt32BigEndian(wire, claimed);
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                var reader = new WireReader(wire);
                reader.ReadNameList(int.MaxValue);
            }
            catch (WireFormatException)
            {
                // Nearly always.
            }

            return GC.GetAllocatedBytesForCurrentThread() - before < Refusal + (64 * wire.Length);
        });
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    private static void RequireRefusal(byte[] wire, Read read)
    {
        try
        {
            var reader = new WireReader(wire);
            read(ref reader);
            Assert.Fail("a length beyond the bytes was accepted");
        }
        catch (WireFormatException)
        {
            // As it should be.
        }
    }
}

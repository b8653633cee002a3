using System.Buffers.Binary;

namespace Postern.Ssh.Transport.Ciphers;

/// <summary>No protection: the packets before the first NEWKEYS (RFC 4253 section 6).</summary>
internal static class Plaintext
{
    private const int Block = 8;

    internal sealed class Encryptor : PacketEncryptor
    {
        protected override int BlockSize => Block;

        protected override bool IsLengthPadded => true;

        protected override int TagLength => 0;

        public override void Dispose()
        {
        }

        protected override void SealCore(Span<byte> packet, uint sequence)
        {
        }
    }

    internal sealed class Decryptor : PacketDecryptor
    {
        public override int BlockSize => Block;

        public override bool IsLengthPadded => true;

        public override int TagLength => 0;

        public override bool IsProtected => false;

        public override void Dispose()
        {
        }

        public override uint ReadLength(ReadOnlySpan<byte> header, uint sequence) =>
            BinaryPrimitives.ReadUInt32BigEndian(header);

        public override bool TryOpen(Span<byte> packet, uint sequence) => true;
    }
}

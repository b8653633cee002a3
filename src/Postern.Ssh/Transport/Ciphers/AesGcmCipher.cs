using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Postern.Ssh.Transport.Ciphers;

/// <summary>
/// AES in Galois/Counter Mode (RFC 5647 with the names and the negotiation of OpenSSH PROTOCOL 1.6). The length field
/// is associated data; the nonce is a fixed field of 4 bytes and an invocation counter of 8 that goes up per packet.
/// </summary>
internal sealed class AesGcmCipher(string name, int keyLength) : CipherSuite
{
    private const int Nonce = 12;
    private const int Tag = 16;
    private const int Block = 16;
    private const int FixedField = 4;

    public override string Name => name;

    public override int KeyLength => keyLength;

    public override int InitialVectorLength => Nonce;

    public override PacketEncryptor CreateEncryptor(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> initialVector, ReadOnlySpan<byte> macKey) =>
        new Encryptor(key, initialVector);

    public override PacketDecryptor CreateDecryptor(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> initialVector, ReadOnlySpan<byte> macKey) =>
        new Decryptor(key, initialVector);

    private static void Advance(Span<byte> nonce)
    {
        var counter = nonce[FixedField..];
        BinaryPrimitives.WriteUInt64BigEndian(counter, unchecked(BinaryPrimitives.ReadUInt64BigEndian(counter) + 1));
    }

    private sealed class Encryptor(ReadOnlySpan<byte> key, ReadOnlySpan<byte> initialVector) : PacketEncryptor
    {
        private readonly AesGcm _cipher = new(key, Tag);
        private readonly byte[] _nonce = initialVector.ToArray();

        protected override int BlockSize => Block;

        protected override bool IsLengthPadded => false;

        protected override int TagLength => Tag;

        public override void Dispose() => _cipher.Dispose();

        protected override void SealCore(Span<byte> packet, uint sequence)
        {
            var body = packet[sizeof(uint)..^Tag];
            _cipher.Encrypt(_nonce, body, body, packet[^Tag..], packet[..sizeof(uint)]);
            Advance(_nonce);
        }
    }

    private sealed class Decryptor(ReadOnlySpan<byte> key, ReadOnlySpan<byte> initialVector) : PacketDecryptor
    {
        private readonly AesGcm _cipher = new(key, Tag);
        private readonly byte[] _nonce = initialVector.ToArray();

        public override int BlockSize => Block;

        public override bool IsLengthPadded => false;

        public override int TagLength => Tag;

        public override bool IsProtected => true;

        public override void Dispose() => _cipher.Dispose();

        public override uint ReadLength(ReadOnlySpan<byte> header, uint sequence) =>
            BinaryPrimitives.ReadUInt32BigEndian(header);

        public override bool TryOpen(Span<byte> packet, uint sequence)
        {
            var body = packet[sizeof(uint)..^Tag];
            try
            {
                _cipher.Decrypt(_nonce, body, packet[^Tag..], body, packet[..sizeof(uint)]);
            }
            catch (AuthenticationTagMismatchException)
            {
                return false;
            }

            Advance(_nonce);
            return true;
        }
    }
}

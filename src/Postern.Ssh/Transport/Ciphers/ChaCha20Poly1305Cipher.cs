using System.Buffers.Binary;
using System.Security.Cryptography;
using Postern.Ssh.Transport.Interop;

namespace Postern.Ssh.Transport.Ciphers;

/// <summary>
/// chacha20-poly1305@openssh.com (OpenSSH PROTOCOL.chacha20poly1305). The first half of the key seals the packet, the
/// second half the length field; the nonce is the sequence number; block 0 gives the Poly1305 key, the packet starts
/// at block 1; the tag covers the encrypted length and the encrypted packet.
/// </summary>
internal sealed class ChaCha20Poly1305Cipher : CipherSuite
{
    private const int Block = 8;
    private const int Tag = Poly1305.TagLength;

    public override string Name => "chacha20-poly1305@openssh.com";

    public override int KeyLength => 2 * ChaCha20.KeyLength;

    public override int InitialVectorLength => 0;

    public override PacketEncryptor CreateEncryptor(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> initialVector, ReadOnlySpan<byte> macKey) =>
        new Encryptor(key);

    public override PacketDecryptor CreateDecryptor(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> initialVector, ReadOnlySpan<byte> macKey) =>
        new Decryptor(key);

    private sealed class Keys(ReadOnlySpan<byte> key) : IDisposable
    {
        private readonly ChaCha20 _packet = new(key[..ChaCha20.KeyLength]);
        private readonly ChaCha20 _length = new(key[ChaCha20.KeyLength..]);
        private readonly Poly1305 _authenticator = new();

        public void TransformLength(uint sequence, ReadOnlySpan<byte> input, Span<byte> output) =>
            _length.Transform(Vector(stackalloc byte[ChaCha20.InitialVectorLength], 0, sequence), input, output);

        public void TransformPacket(uint sequence, ReadOnlySpan<byte> input, Span<byte> output) =>
            _packet.Transform(Vector(stackalloc byte[ChaCha20.InitialVectorLength], 1, sequence), input, output);

        public void Authenticate(uint sequence, ReadOnlySpan<byte> sealedPacket, Span<byte> tag)
        {
            Span<byte> oneTimeKey = stackalloc byte[Poly1305.KeyLength];
            oneTimeKey.Clear();
            _packet.Transform(Vector(stackalloc byte[ChaCha20.InitialVectorLength], 0, sequence), oneTimeKey, oneTimeKey);
            _authenticator.Compute(oneTimeKey, sealedPacket, tag);
            CryptographicOperations.ZeroMemory(oneTimeKey);
        }

        public void Dispose()
        {
            _packet.Dispose();
            _length.Dispose();
            _authenticator.Dispose();
        }

        private static ReadOnlySpan<byte> Vector(Span<byte> vector, ulong block, uint sequence)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(vector, block);
            BinaryPrimitives.WriteUInt64BigEndian(vector[sizeof(ulong)..], sequence);
            return vector;
        }
    }

    private sealed class Encryptor(ReadOnlySpan<byte> key) : PacketEncryptor
    {
        private readonly Keys _keys = new(key);

        protected override int BlockSize => Block;

        protected override bool IsLengthPadded => false;

        protected override int TagLength => Tag;

        public override void Dispose() => _keys.Dispose();

        protected override void SealCore(Span<byte> packet, uint sequence)
        {
            var length = packet[..sizeof(uint)];
            var body = packet[sizeof(uint)..^Tag];
            _keys.TransformLength(sequence, length, length);
            _keys.TransformPacket(sequence, body, body);
            _keys.Authenticate(sequence, packet[..^Tag], packet[^Tag..]);
        }
    }

    private sealed class Decryptor(ReadOnlySpan<byte> key) : PacketDecryptor
    {
        private readonly Keys _keys = new(key);

        public override int BlockSize => Block;

        public override bool IsLengthPadded => false;

        public override int TagLength => Tag;

        public override bool IsProtected => true;

        public override void Dispose() => _keys.Dispose();

        public override uint ReadLength(ReadOnlySpan<byte> header, uint sequence)
        {
            Span<byte> length = stackalloc byte[sizeof(uint)];
            _keys.TransformLength(sequence, header[..sizeof(uint)], length);
            return BinaryPrimitives.ReadUInt32BigEndian(length);
        }

        public override bool TryOpen(Span<byte> packet, uint sequence)
        {
            Span<byte> tag = stackalloc byte[Tag];
            _keys.Authenticate(sequence, packet[..^Tag], tag);
            if (!CryptographicOperations.FixedTimeEquals(tag, packet[^Tag..]))
            {
                return false;
            }

            var body = packet[sizeof(uint)..^Tag];
            _keys.TransformPacket(sequence, body, body);
            return true;
        }
    }
}

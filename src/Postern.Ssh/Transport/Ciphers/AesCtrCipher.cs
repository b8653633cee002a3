using System.Buffers.Binary;
using Postern.Ssh.Transport.Interop;

namespace Postern.Ssh.Transport.Ciphers;

/// <summary>
/// AES in counter mode (RFC 4344 section 4) with a MAC, in either order: encrypt-then-MAC leaves the length in clear
/// and covers what is sent; encrypt-and-MAC encrypts the length too and covers the clear packet (RFC 4253 section 6.4).
/// The key stream goes on from packet to packet.
/// </summary>
internal sealed class AesCtrCipher(string name, int keyLength, MacAlgorithm? mac = null) : CipherSuite
{
    public override string Name => name;

    public override int KeyLength => keyLength;

    public override int InitialVectorLength => AesCtr.BlockLength;

    public override int MacKeyLength => mac?.Length ?? 0;

    public override bool NeedsMac => mac is null;

    public override CipherSuite With(MacAlgorithm algorithm) => new AesCtrCipher(name, keyLength, algorithm);

    public override PacketEncryptor CreateEncryptor(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> initialVector, ReadOnlySpan<byte> macKey) =>
        new Encryptor(Check(key), initialVector, mac!, macKey);

    public override PacketDecryptor CreateDecryptor(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> initialVector, ReadOnlySpan<byte> macKey) => mac!.IsEncryptThenMac
            ? new VerifyThenDecrypt(Check(key), initialVector, mac, macKey)
            : new DecryptAndVerify(Check(key), initialVector, mac, macKey);

    private ReadOnlySpan<byte> Check(ReadOnlySpan<byte> key) => key.Length == keyLength
        ? key
        : throw new ArgumentException($"a key of {key.Length} bytes where {keyLength} belong", nameof(key));

    private sealed class Encryptor(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> initialVector, MacAlgorithm algorithm, ReadOnlySpan<byte> macKey) : PacketEncryptor
    {
        private readonly AesCtr _cipher = new(key, initialVector);
        private readonly PacketMac _mac = new(algorithm, macKey);
        private readonly bool _isEncryptThenMac = algorithm.IsEncryptThenMac;

        protected override int BlockSize => AesCtr.BlockLength;

        protected override bool IsLengthPadded => !_isEncryptThenMac;

        protected override int TagLength => _mac.Length;

        public override void Dispose()
        {
            _cipher.Dispose();
            _mac.Dispose();
        }

        protected override void SealCore(Span<byte> packet, uint sequence)
        {
            var covered = packet[..^_mac.Length];
            var tag = packet[covered.Length..];
            if (_isEncryptThenMac)
            {
                var body = covered[sizeof(uint)..];
                _cipher.Transform(body, body);
                _mac.Compute(sequence, covered, tag);
            }
            else
            {
                _mac.Compute(sequence, covered, tag);
                _cipher.Transform(covered, covered);
            }
        }
    }

    /// <summary>Opens what was sealed by encrypt-then-MAC: nothing is decrypted before its tag was right.</summary>
    private sealed class VerifyThenDecrypt(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> initialVector, MacAlgorithm algorithm, ReadOnlySpan<byte> macKey) : PacketDecryptor
    {
        private readonly AesCtr _cipher = new(key, initialVector);
        private readonly PacketMac _mac = new(algorithm, macKey);

        public override int BlockSize => AesCtr.BlockLength;

        public override bool IsLengthPadded => false;

        public override int TagLength => _mac.Length;

        public override bool IsProtected => true;

        public override void Dispose()
        {
            _cipher.Dispose();
            _mac.Dispose();
        }

        public override uint ReadLength(ReadOnlySpan<byte> header, uint sequence) =>
            BinaryPrimitives.ReadUInt32BigEndian(header);

        public override bool TryOpen(Span<byte> packet, uint sequence)
        {
            var covered = packet[..^_mac.Length];
            if (!_mac.Verify(sequence, covered, packet[covered.Length..]))
            {
                return false;
            }

            var body = covered[sizeof(uint)..];
            _cipher.Transform(body, body);
            return true;
        }
    }

    /// <summary>
    /// Opens what was sealed by encrypt-and-MAC: the length is decrypted first, once, and stands in front of the
    /// packet in clear when the tag is computed.
    /// </summary>
    private sealed class DecryptAndVerify(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> initialVector, MacAlgorithm algorithm, ReadOnlySpan<byte> macKey) : PacketDecryptor
    {
        private readonly AesCtr _cipher = new(key, initialVector);
        private readonly PacketMac _mac = new(algorithm, macKey);
        private uint _length;

        public override int BlockSize => AesCtr.BlockLength;

        public override bool IsLengthPadded => true;

        public override int TagLength => _mac.Length;

        public override bool IsProtected => true;

        public override bool IsLengthEncrypted => true;

        public override void Dispose()
        {
            _cipher.Dispose();
            _mac.Dispose();
        }

        public override uint ReadLength(ReadOnlySpan<byte> header, uint sequence)
        {
            Span<byte> length = stackalloc byte[sizeof(uint)];
            _cipher.Transform(header[..sizeof(uint)], length);
            _length = BinaryPrimitives.ReadUInt32BigEndian(length);
            return _length;
        }

        public override bool TryOpen(Span<byte> packet, uint sequence)
        {
            var covered = packet[..^_mac.Length];
            BinaryPrimitives.WriteUInt32BigEndian(covered, _length);
            var body = covered[sizeof(uint)..];
            _cipher.Transform(body, body);
            return _mac.Verify(sequence, covered, packet[covered.Length..]);
        }
    }
}

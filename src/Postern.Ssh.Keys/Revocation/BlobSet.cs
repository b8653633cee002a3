namespace Postern.Ssh.Keys;

/// <summary>Byte strings that are looked up without a copy.</summary>
internal static class BlobSet
{
    public static HashSet<byte[]> Create() => new(Comparer.Instance);

    public static Dictionary<byte[], T> CreateMap<T>() => new(Comparer.Instance);

    public static bool Has(this HashSet<byte[]> set, ReadOnlySpan<byte> value) =>
        set.Count > 0 && set.GetAlternateLookup<ReadOnlySpan<byte>>().Contains(value);

    private sealed class Comparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static readonly Comparer Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = default(HashCode);
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}

namespace Postern.Ssh.Keys;

/// <summary>Ranges of serials, both ends included: collected in any order, then sorted, joined and searched.</summary>
internal sealed class SerialRanges
{
    private readonly List<(ulong Low, ulong High)> _ranges = [];
    private bool _isSorted = true;

    /// <summary>How many there are; neighbours count as one once they are sorted.</summary>
    public int Count => _ranges.Count;

    /// <summary>The ranges in order, none of which touches another.</summary>
    public IReadOnlyList<(ulong Low, ulong High)> Sorted
    {
        get
        {
            Sort();
            return _ranges;
        }
    }

    public void Add(ulong low, ulong high)
    {
        if (_ranges.Count > 0)
        {
            // Runs, of which bitmaps are made, would fill the memory one by one.
            var last = _ranges[^1];
            if (last.High != ulong.MaxValue && low == last.High + 1)
            {
                _ranges[^1] = (last.Low, high);
                return;
            }

            _isSorted &= low > last.High;
        }

        _ranges.Add((low, high));
    }

    /// <summary>Makes <see cref="Contains"/> safe on several threads.</summary>
    public void Sort()
    {
        if (_isSorted)
        {
            return;
        }

        _ranges.Sort();
        var kept = 0;
        for (var i = 1; i < _ranges.Count; i++)
        {
            var (low, high) = _ranges[i];
            var last = _ranges[kept];
            if (last.High == ulong.MaxValue || low <= last.High + 1)
            {
                _ranges[kept] = (last.Low, Math.Max(last.High, high));
            }
            else
            {
                _ranges[++kept] = (low, high);
            }
        }

        _ranges.RemoveRange(kept + 1, _ranges.Count - kept - 1);
        _isSorted = true;
    }

    /// <summary>Whether a range holds the serial; needs <see cref="Sort"/> first.</summary>
    public bool Contains(ulong serial)
    {
        var (low, high) = (0, _ranges.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (serial < _ranges[middle].Low)
            {
                high = middle - 1;
            }
            else if (serial > _ranges[middle].High)
            {
                low = middle + 1;
            }
            else
            {
                return true;
            }
        }

        return false;
    }
}

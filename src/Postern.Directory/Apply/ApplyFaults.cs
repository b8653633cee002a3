namespace Postern.Directory.Apply;

/// <summary>Collects faults up to <see cref="DocumentLimits.Faults"/>.</summary>
internal sealed class ApplyFaults
{
    private readonly List<ApplyFault> _faults = [];

    public bool Any => _faults.Count > 0;

    public void Add(string path, int line, string message)
    {
        if (_faults.Count < DocumentLimits.Faults)
        {
            _faults.Add(new ApplyFault(path, line, message));
        }
    }

    public IReadOnlyList<ApplyFault> InOrder() => [.. _faults.OrderBy(f => f.Line)];
}

namespace Postern.Ssh.Transport;

/// <summary>
/// Counts an amount that changes with every packet against an account in whole steps, so that the sum that all connections
/// share is touched seldom. Belongs to the lock of the amount.
/// </summary>
internal struct SteppedCharge(MemoryAccount account)
{
    /// <summary>Amounts below this are not counted: two full packets.</summary>
    public const int Step = 64 * 1024;

    private int _charged;

    /// <summary>The amount is this now.</summary>
    public void Set(int bytes)
    {
        if (bytes >= _charged + Step || bytes + Step < _charged || (bytes == 0 && _charged > 0))
        {
            var charge = bytes / Step * Step;
            account.Add(charge - _charged);
            _charged = charge;
        }
    }
}

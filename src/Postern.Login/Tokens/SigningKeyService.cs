namespace Postern.Login.Tokens;

/// <summary>Looks after the keys of access tokens for the operator's commands; running servers follow within seconds.</summary>
public sealed class SigningKeyService
{
    private readonly SigningKeyRing _ring;

    internal SigningKeyService(SigningKeyRing ring) => _ring = ring;

    /// <summary>How long a new key is published before it signs.</summary>
    public static TimeSpan PublishedBefore => SigningKeyRing.PublishedBefore;

    /// <summary>The published keys, the newest first.</summary>
    public Task<IReadOnlyList<SigningKeyStatus>> ListAsync(CancellationToken cancellationToken) => _ring.ListAsync(cancellationToken);

    /// <summary>
    /// Publishes a new key, which signs after <see cref="PublishedBefore"/>. With <paramref name="isOldRevoked"/>, for keys that
    /// may be in wrong hands, it signs at once and all tokens of the old keys are refused; clients then refresh theirs.
    /// </summary>
    public Task RotateAsync(bool isOldRevoked, CancellationToken cancellationToken) => _ring.RotateAsync(isOldRevoked, cancellationToken);
}

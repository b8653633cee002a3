namespace Postern.Ssh.Keys;

/// <summary>What a FIDO authenticator says that it saw when it signed (PROTOCOL.u2f of OpenSSH).</summary>
[Flags]
public enum SecurityKeyFlags
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Somebody touched it.</summary>
    UserPresent = 0x01,

    /// <summary>It recognised its owner, by PIN or finger.</summary>
    UserVerified = 0x04,
}

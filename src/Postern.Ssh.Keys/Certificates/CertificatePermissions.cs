namespace Postern.Ssh.Keys;

/// <summary>What a user certificate permits by its extensions (draft-miller-ssh-cert); what it does not list it does not permit.</summary>
[Flags]
public enum CertificatePermissions
{
    /// <summary>Nothing but commands without a terminal.</summary>
    None = 0,

    /// <summary><c>permit-pty</c>: a terminal.</summary>
    Terminal = 1,

    /// <summary><c>permit-port-forwarding</c>: tunnels, both ways.</summary>
    PortForwarding = 2,

    /// <summary><c>permit-agent-forwarding</c>: the person's agent.</summary>
    AgentForwarding = 4,
}

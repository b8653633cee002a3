namespace Postern.Ssh.Tests.Fixtures;

/// <summary>The states of a server's connection that messages can meet.</summary>
public enum WalkState
{
    /// <summary>Before the client's identification string.</summary>
    Start,

    /// <summary>Before the client's KEXINIT.</summary>
    Version,

    /// <summary>After both KEXINITs.</summary>
    Kexinit,

    /// <summary>After the server's NEWKEYS, before the client's.</summary>
    Newkeys,

    /// <summary>With keys, before a service was asked for.</summary>
    Keys,

    /// <summary>In authentication.</summary>
    Service,

    /// <summary>A key was right, and answers are asked for as well.</summary>
    Partial,

    /// <summary>The person is asked after a right key.</summary>
    AskedAfterKey,

    /// <summary>The person is asked before anything else.</summary>
    Asked,

    /// <summary>The authenticator was asked and will say no.</summary>
    Refusing,

    /// <summary>The authenticator was asked and will say yes.</summary>
    Accepting,

    /// <summary>Somebody is in.</summary>
    Authenticated,

    /// <summary>The server has asked for new keys, the client has not answered.</summary>
    RekeyByUs,

    /// <summary>The client has asked for new keys.</summary>
    RekeyByPeer,

    /// <summary>In a re-key, after the server's NEWKEYS, before the client's.</summary>
    RekeyNewkeys,

    /// <summary>The server has ended the connection.</summary>
    Closed,
}

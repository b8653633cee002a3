namespace Postern.Ssh.Client;

/// <summary>Limits of what a server can make a client do and keep before somebody is signed in.</summary>
public sealed record ClientLimits
{
    /// <summary>
    /// Time from the start to a successful authentication, the question about the host key included; 120 s, as the
    /// server's side has it.
    /// </summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>The most that questions of the server to a person add to it, all together; as the server's side has it.</summary>
    public TimeSpan InteractiveTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Rounds of questions answered on one connection, those included that only tell something.</summary>
    public int Rounds { get; init; } = 250;

    /// <summary>
    /// Bytes of lines that a server may send before its identification string (RFC 4253 section 4.2): 64 KiB is a long
    /// notice, and ends a server that never comes to the point.
    /// </summary>
    public int Preamble { get; init; } = 64 * 1024;

    /// <summary>Authentication requests on one connection; servers allow about 6 failures.</summary>
    public int Attempts { get; init; } = 20;

    /// <summary>Banners kept of one connection (RFC 4252 section 5.4); further ones are dropped.</summary>
    public int Banners { get; init; } = 16;

    /// <summary>Characters kept of all banners of one connection; what goes beyond is cut off.</summary>
    public int BannerText { get; init; } = 64 * 1024;
}

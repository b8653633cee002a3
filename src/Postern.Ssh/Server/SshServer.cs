using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Postern.Ssh.Authentication;
using Postern.Ssh.Transport.KeyExchange;

namespace Postern.Ssh.Server;

/// <summary>
/// Serves SSH on connections that somebody else accepted: version exchange, key exchange, authentication, channels.
/// One for all connections of a listener.
/// </summary>
public sealed class SshServer
{
    private readonly ServerConfig _config;
    private readonly HostKeyOffers _hostKeys;
    private readonly IServerAuthenticator _authenticator;
    private readonly ILogger _logger;
    private readonly VerifiedCertificates _certificates = new();

    /// <summary>
    /// Makes a server. Throws <see cref="ArgumentException"/> when the configuration cannot work: no host key, or a
    /// host certificate of another key.
    /// </summary>
    public SshServer(ServerConfig config, IServerAuthenticator authenticator, ILogger logger)
    {
        if (config.HostKeys.Count == 0)
        {
            throw new ArgumentException("a server needs a host key", nameof(config));
        }

        if (config.HostKeys.Any(key => key.Certificate is { } certificate && !certificate.Key.Equals(key.Signer.PublicKey)))
        {
            throw new ArgumentException("a host certificate is not for its host key", nameof(config));
        }

        if (config.SoftwareVersion.Length == 0 || config.SoftwareVersion.Any(c => c is <= ' ' or '-' or >= '\x7f'))
        {
            throw new ArgumentException("the software version must be printable, without blank and minus sign", nameof(config));
        }

        _config = config;
        _hostKeys = new HostKeyOffers(config);
        _authenticator = authenticator;
        _logger = logger;
    }

    /// <summary>
    /// Serves one connection to its end, closes the socket, and says why it ended; never throws for anything that a
    /// peer does. The handlers have been told when it returns. What awaits the task goes on on the connection's event loop,
    /// and must not block there.
    /// </summary>
    /// <param name="socket">A connected stream socket, with nothing of SSH read from it yet; taken over.</param>
    /// <param name="remoteEndPoint">The client, which behind a proxy is not the socket's peer.</param>
    /// <param name="stop">Ends the connection with a goodbye.</param>
    public async Task<ConnectionEnd> RunAsync(Socket socket, IPEndPoint remoteEndPoint, CancellationToken stop) =>
        (await RunAsync(socket, remoteEndPoint, static () => { }, stop)).End;

    /// <summary>Serves one connection in the same way, and says what it came to.</summary>
    /// <param name="socket">A connected stream socket, with nothing of SSH read from it yet; taken over.</param>
    /// <param name="remoteEndPoint">The client, which behind a proxy is not the socket's peer.</param>
    /// <param name="authenticated">
    /// Called at most once, when somebody is authenticated, under the connection's lock: it must not block.
    /// </param>
    /// <param name="stop">Ends the connection with a goodbye.</param>
    public async Task<ConnectionSummary> RunAsync(
        Socket socket, IPEndPoint remoteEndPoint, Action authenticated, CancellationToken stop)
    {
        using var connection = new SshServerConnection(
            _config, _hostKeys, _authenticator, _certificates, socket, remoteEndPoint, authenticated, _logger);
        return await connection.RunAsync(stop);
    }
}

using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Postern.Ssh.Client;

/// <summary>Speaks SSH to a server over a connection that somebody else made.</summary>
public static class SshClient
{
    /// <summary>
    /// Exchanges versions and keys, has the host key verified and signs in. Throws <see cref="ConnectFailedException"/>
    /// when the connection ends before that, for whatever reason, and <see cref="ArgumentException"/> when the
    /// configuration cannot work: a certificate of another key, or no host key algorithms.
    /// </summary>
    /// <param name="socket">A connected stream socket, with nothing of SSH read from it yet; taken over.</param>
    /// <param name="config">What is wanted.</param>
    /// <param name="logger">For the connection's life.</param>
    /// <param name="cancellationToken">Gives the attempt up; of no effect once it has succeeded.</param>
    public static async Task<SshClientConnection> ConnectAsync(
        Socket socket, ClientConfig config, ILogger logger, CancellationToken cancellationToken)
    {
        if (config.Identities.Any(identity =>
            identity.Certificate is { } certificate && !certificate.Key.Equals(identity.Signer.PublicKey)))
        {
            throw new ArgumentException("a certificate is not for its key", nameof(config));
        }

        if (config.HostKeyAlgorithms is { Count: 0 })
        {
            throw new ArgumentException("the list of host key algorithms is empty", nameof(config));
        }

        if (config.SoftwareVersion.Length == 0 || config.SoftwareVersion.Any(c => c is <= ' ' or '-' or >= '\x7f'))
        {
            throw new ArgumentException("the software version must be printable, without blank and minus sign", nameof(config));
        }

        var connection = new SshClientConnection(new ClientRole(config, socket, logger));
        await using var giving = cancellationToken.UnsafeRegister(
            static state => ((SshClientConnection)state!).Disconnect("cancelled"), connection);
        await connection.SignInAsync();
        return connection;
    }
}

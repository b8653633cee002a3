using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Postern.Ssh.Client;
using Postern.Ssh.Keys;
using Postern.Ssh.Transport;

namespace Postern.Bench.Clients;

/// <summary>A server that the engine's own client can reach.</summary>
/// <param name="Address">Where it listens.</param>
/// <param name="Config">Who we are, and what is offered.</param>
internal sealed record ClientTarget(IPEndPoint Address, ClientConfig Config)
{
    /// <summary>A target that is signed in to with the key of a file, and the certificate of another.</summary>
    /// <param name="address">Where it listens.</param>
    /// <param name="userName">The user on the server.</param>
    /// <param name="keyFile">A private key without passphrase, in OpenSSH's format.</param>
    /// <param name="certificateFile">A certificate for it, or null.</param>
    /// <param name="algorithms">What is offered: one of a kind, so that two servers do the same work.</param>
    public static ClientTarget FromFiles(
        IPEndPoint address, string userName, string keyFile, string? certificateFile, AlgorithmCatalogue algorithms)
    {
        var signer = OpenSshPrivateKeyFile.Read(File.ReadAllBytes(keyFile));
        var certificate = certificateFile is null ? null : Certificate.Parse(File.ReadAllText(certificateFile).Trim());
        return new ClientTarget(address, new ClientConfig
        {
            UserName = userName,
            HostKeys = new AnyHostKey(),
            Identities = [new ClientIdentity(signer, certificate)],
            Algorithms = algorithms,
            HostKeyAlgorithms = ["ssh-ed25519"],
        });
    }

    /// <summary>Connects and signs in.</summary>
    public async Task<SshClientConnection> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(Address);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        return await SshClient.ConnectAsync(socket, Config, NullLogger.Instance, CancellationToken.None);
    }

    /// <summary>Believes every server: the ones under test were started a moment ago on this machine.</summary>
    private sealed class AnyHostKey : IHostKeyVerifier
    {
        public ValueTask<HostKeyDecision> VerifyAsync(HostKeyProof proof, CancellationToken cancellationToken) =>
            ValueTask.FromResult(HostKeyDecision.Accepted);
    }
}

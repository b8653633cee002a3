using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Postern.Cli.Tests.Testing;

/// <summary>A service of the environment: sends a greeting of its own, then echoes.</summary>
internal sealed class EchoService : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly byte[] _greeting;

    public EchoService(string greeting)
    {
        _greeting = Encoding.ASCII.GetBytes(greeting + "\n");
        _listener.Start();
        _ = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Connects to a port and returns the greeting and the echo; null when the port refuses.</summary>
    public static async Task<string?> TalkAsync(int port)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, port);
            await using var stream = client.GetStream();
            await stream.WriteAsync("ping\n"u8.ToArray());
            client.Client.Shutdown(SocketShutdown.Send);
            using var reader = new StreamReader(stream);
            return await reader.ReadToEndAsync();
        }
        catch (Exception exception) when (exception is SocketException or IOException)
        {
            return null;
        }
    }

    public void Dispose() => _listener.Dispose();

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                _ = AnswerAsync(client);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                await using var stream = client.GetStream();
                await stream.WriteAsync(_greeting);
                await stream.CopyToAsync(stream);
            }
            catch (IOException)
            {
                // The other side went.
            }
        }
    }
}

using System.Net;
using Postern.Ssh.Server;

namespace Postern.Gateway.Listening;

/// <summary>One connection that was counted in; whoever has it counts it out again, once.</summary>
internal sealed class AdmittedClient(Admission admission, IPAddress address, ClientSource source)
{
    private int _isStartup = 1;

    /// <summary>The client's address.</summary>
    public IPAddress Address => address;

    /// <summary>What its limits are counted by.</summary>
    public ClientSource Source => source;

    /// <summary>It has authenticated and counts as a startup no more. Any thread, any number of times.</summary>
    public void EndStartup()
    {
        if (Interlocked.Exchange(ref _isStartup, 0) == 1)
        {
            admission.EndStartup(this);
        }
    }

    /// <summary>It is gone.</summary>
    /// <param name="summary">What it came to, or null when a fault of ours ended it.</param>
    public void Leave(ConnectionSummary? summary)
    {
        EndStartup();
        admission.Leave(this, summary);
    }
}

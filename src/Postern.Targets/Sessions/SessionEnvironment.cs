using Microsoft.Extensions.Logging;
using Postern.Targets.Interop;
using Postern.Targets.Sandboxes;

namespace Postern.Targets.Sessions;

/// <summary>What a session's process needs of its surroundings.</summary>
internal sealed record SessionEnvironment(
    Sandbox Sandbox,
    TimeProvider Time,
    TimeSpan BackgroundOutputGrace,
    string UserDisplay,
    ILogger Logger)
{
    internal void SessionEnded(ProcessEnd end)
        => Logger.SessionEnded(UserDisplay, Sandbox.Name, end.Status, end.Signal);
}

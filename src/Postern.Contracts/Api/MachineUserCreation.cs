namespace Postern.Contracts.Api;

/// <summary>The body of <c>POST /organizations/{id}/machines</c>. What else is in it does not count.</summary>
public sealed record MachineUserCreation
{
    /// <summary>The name, as <c>deploy-bot</c>.</summary>
    public string Name { get; set; } = "";
}

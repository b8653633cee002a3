using System.Text.Json;

namespace Postern.Contracts.Api;

/// <summary>The account in its older form, which lists the SSH keys: <c>GET /me</c>.</summary>
public sealed record LegacyAccount
{
    /// <summary>The user id.</summary>
    public string Id { get; set; } = "";

    /// <summary>The user id again, under its other name.</summary>
    public string Uuid { get; set; } = "";

    /// <summary>The unique short name.</summary>
    public string Username { get; set; } = "";

    /// <summary>The address.</summary>
    public string Mail { get; set; } = "";

    /// <summary>The full name.</summary>
    public string DisplayName { get; set; } = "";

    /// <summary>The public keys of the account.</summary>
    public IReadOnlyList<SshKey> SshKeys { get; set; } = [];

    /// <summary>Empty where access is centralized.</summary>
    public IReadOnlyList<JsonElement> Projects { get; set; } = [];

    /// <summary>Teams the person is in.</summary>
    public IReadOnlyList<JsonElement> Teams { get; set; } = [];

    /// <summary>Roles of the account itself.</summary>
    public IReadOnlyList<string> Roles { get; set; } = [];
}

using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Postern.Directory.Deployments;

namespace Postern.Targets.Environments;

/// <summary>
/// What an app finds in its environment: the documented <c>PLATFORM_*</c> variables, <c>PORT</c>, plain variables and
/// the same data as <c>/run/config.json</c>.
/// </summary>
internal sealed class PlatformVariables
{
    /// <summary>In front of the name of a variable that becomes a plain environment variable.</summary>
    private const string PlainPrefix = "env:";

    private const string AppDirectory = "/app";
    private const string ShellPath =
        "/app/.global/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private readonly DeployedEnvironment _environment;
    private readonly DeployedApp _app;
    private readonly IReadOnlyDictionary<string, ServiceEndpoint> _services;
    private readonly string _serviceDomain;
    private readonly int _port;

    /// <param name="environment">The environment.</param>
    /// <param name="app">The app or worker.</param>
    /// <param name="services">The environment's services by name.</param>
    /// <param name="port">Where the app is to listen.</param>
    /// <param name="serviceDomain">Domain of the services' long host names.</param>
    internal PlatformVariables(
        DeployedEnvironment environment,
        DeployedApp app,
        IReadOnlyDictionary<string, ServiceEndpoint> services,
        int port,
        string serviceDomain)
    {
        _environment = environment;
        _app = app;
        _services = services;
        _port = port;
        _serviceDomain = serviceDomain;
    }

    /// <summary>The name of a relationship's host inside.</summary>
    internal static string GetRelationshipHost(string relationship) => relationship + ".internal";

    /// <summary>All variables, by name. Names that no shell can export are left out.</summary>
    internal SortedDictionary<string, string> MakeVariables(string shell)
    {
        Dictionary<string, string> declared = MergeDeclared();
        var variables = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach ((string name, string value) in declared)
        {
            if (name.StartsWith(PlainPrefix, StringComparison.Ordinal)
                && IsShellName(name[PlainPrefix.Length..])
                && !value.Contains('\0', StringComparison.Ordinal))
            {
                variables[name[PlainPrefix.Length..]] = value;
            }
        }

        variables.TryAdd("PATH", ShellPath);
        variables["HOME"] = AppDirectory;
        variables["USER"] = "web";
        variables["LOGNAME"] = "web";
        variables["SHELL"] = shell;
        variables["PORT"] = $"{_port}";
        variables["PLATFORM_APP_COMMAND"] = _app.StartCommand ?? "";
        variables["PLATFORM_APP_DIR"] = AppDirectory;
        variables["PLATFORM_APPLICATION"] = Encode(MakeApplication());
        variables["PLATFORM_APPLICATION_NAME"] = _app.QualifiedName;
        variables["PLATFORM_BRANCH"] = _environment.Name;
        variables["PLATFORM_DOCUMENT_ROOT"] = AppDirectory;
        variables["PLATFORM_ENVIRONMENT"] = _environment.MachineName;
        variables["PLATFORM_ENVIRONMENT_TYPE"] = _environment.Type;
        variables["PLATFORM_PROJECT"] = _environment.ProjectId;
        variables["PLATFORM_PROJECT_ENTROPY"] = _environment.ProjectEntropy;
        variables["PLATFORM_RELATIONSHIPS"] = Encode(MakeRelationships());
        variables["PLATFORM_ROUTES"] = Encode(MakeRoutes());
        variables["PLATFORM_SMTP_HOST"] = ""; // Empty says that the environment sends no mail.
        variables["PLATFORM_TREE_ID"] = _environment.TreeId;
        variables["PLATFORM_VARIABLES"] = Encode(MakeVariablesObject(declared));
        return variables;
    }

    /// <summary>The same data for <c>/run/config.json</c>, not encoded.</summary>
    internal JsonObject MakeConfiguration() => new()
    {
        ["application"] = MakeApplication(),
        ["relationships"] = MakeRelationships(),
        ["routes"] = MakeRoutes(),
        ["variables"] = MakeVariablesObject(MergeDeclared()),
        ["info"] = new JsonObject
        {
            ["project"] = _environment.ProjectId,
            ["branch"] = _environment.Name,
            ["environment"] = _environment.MachineName,
            ["environment_type"] = _environment.Type,
            ["tree_id"] = _environment.TreeId,
            ["app_dir"] = AppDirectory,
            ["port"] = _port,
        },
    };

    /// <summary>Relationship name to a list of endpoints, with the keys that config readers know.</summary>
    internal JsonObject MakeRelationships()
    {
        var relationships = new JsonObject();
        foreach ((string name, DeployedRelationship relationship) in _app.Relationships.OrderBy(pair => pair.Key))
        {
            ServiceEndpoint service = _services[relationship.Service];
            string cluster = $"{_environment.ProjectId}-{_environment.MachineName}";
            relationships[name] = new JsonArray(new JsonObject
            {
                ["username"] = service.UserName,
                ["password"] = service.Password,
                ["scheme"] = service.Scheme,
                ["host"] = GetRelationshipHost(name),
                ["hostname"] = $"{Hash(cluster)}.{service.Service.Name}.{_serviceDomain}",
                ["ip"] = service.Address.Address.ToString(),
                ["port"] = service.Address.Port,
                ["path"] = service.Path,
                ["query"] = service.Path is null ? new JsonArray() : new JsonObject { ["is_master"] = true },
                ["fragment"] = null,
                ["rel"] = relationship.Endpoint,
                ["service"] = service.Service.Name,
                ["type"] = service.Service.Type,
                ["cluster"] = cluster,
                ["public"] = false,
                ["host_mapped"] = false,
            });
        }

        return relationships;
    }

    private static string Hash(string text)
    {
        const int HostNameBytes = 10; // 20 characters, as long as an id.
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, HostNameBytes));
    }

    private static string Encode(JsonNode node) => Convert.ToBase64String(Encoding.UTF8.GetBytes(node.ToJsonString()));

    private static bool IsShellName(string name)
        => name.Length > 0
            && !char.IsAsciiDigit(name[0])
            && name.All(character => char.IsAsciiLetterOrDigit(character) || character == '_');

    private static JsonObject MakeVariablesObject(Dictionary<string, string> declared)
    {
        var variables = new JsonObject();
        foreach ((string name, string value) in declared.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (!name.StartsWith(PlainPrefix, StringComparison.Ordinal))
            {
                variables[name] = value;
            }
        }

        return variables;
    }

    // The environment's variables win over the app's own, as documented.
    private Dictionary<string, string> MergeDeclared()
    {
        var merged = new Dictionary<string, string>(_app.Variables, StringComparer.Ordinal);
        foreach ((string name, string value) in _environment.Variables)
        {
            merged[name] = value;
        }

        return merged;
    }

    private JsonObject MakeApplication()
    {
        var relationships = new JsonObject();
        foreach ((string name, DeployedRelationship relationship) in _app.Relationships.OrderBy(pair => pair.Key))
        {
            relationships[name] = $"{relationship.Service}:{relationship.Endpoint}";
        }

        var mounts = new JsonObject();
        foreach (string mount in _app.Mounts)
        {
            mounts["/" + mount.Trim('/')] = new JsonObject { ["source"] = "local", ["source_path"] = mount.Trim('/') };
        }

        var application = new JsonObject
        {
            ["name"] = _app.QualifiedName,
            ["type"] = _app.Type,
            ["relationships"] = relationships,
            ["mounts"] = mounts,
            ["variables"] = new JsonObject(
                _app.Variables.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))),
            ["access"] = new JsonObject { ["ssh"] = _app.SshAccess },
            ["tree_id"] = _environment.TreeId,
        };
        application[_app.Worker is null ? "web" : "worker"] = new JsonObject
        {
            ["commands"] = new JsonObject { ["start"] = _app.StartCommand },
        };
        return application;
    }

    private JsonObject MakeRoutes()
    {
        var routes = new JsonObject();
        bool isPrimary = true;
        foreach ((string url, string upstream) in _environment.Routes)
        {
            routes[url] = new JsonObject
            {
                ["primary"] = isPrimary,
                ["id"] = null,
                ["type"] = "upstream",
                ["upstream"] = upstream,
                ["original_url"] = url,
                ["attributes"] = new JsonObject(),
                ["production_url"] = url,
            };
            isPrimary = false;
        }

        return routes;
    }
}

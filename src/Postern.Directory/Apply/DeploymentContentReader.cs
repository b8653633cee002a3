using Postern.Directory.Deployments;
using Postern.Directory.Projects;
using Postern.Directory.Rules;

namespace Postern.Directory.Apply;

/// <summary>Reads what is deployed in an environment: apps, workers, services, relationships, routes.</summary>
internal sealed class DeploymentContentReader(string baseFolder, ApplyFaults faults, List<Reference> sources)
{
    // Each instance is a running program; more than this on one machine is a slip of the keyboard.
    private const int MaximumInstances = 32;

    private static readonly string[] NeedApps = ["services", "routes", "variables"];

    private static readonly EnvironmentRole[] Roles = [EnvironmentRole.Admin, EnvironmentRole.Contributor, EnvironmentRole.Viewer];

    /// <summary>The content, or null when the environment declares no apps.</summary>
    public DeploymentContent? Read(DocumentSection environment, IReadOnlyDictionary<string, string> projectVariables)
    {
        var services = environment.Entries("services").Select(ReadService).OfType<DeployedService>().ToList();
        var variables = new Dictionary<string, string>(projectVariables, StringComparer.Ordinal);
        foreach (var (name, value) in ReadVariables(environment, "variables"))
        {
            variables[name] = value;
        }

        var apps = environment.Entries("apps").SelectMany(e => ReadApp(e, services)).ToList();
        var routes = environment.Entries("routes")
            .Select(e => (e.Name, App: ReadRoute(e, apps))).Where(r => r.App is not null)
            .ToDictionary(r => r.Name, r => r.App!, StringComparer.Ordinal);
        if (environment.Has("apps"))
        {
            return new DeploymentContent { Apps = apps, Services = services, Routes = routes, Variables = variables };
        }

        foreach (var key in NeedApps.Where(environment.Has))
        {
            faults.Add(environment.PathOf(key), environment.LineOf(key), $"'{key}' has no meaning without 'apps'.");
        }

        return null;
    }

    /// <summary>Name to value; a mapping below a name becomes <c>name:key</c>, as in <c>env:</c>.</summary>
    public Dictionary<string, string> ReadVariables(DocumentSection section, string key)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in section.Entries(key))
        {
            if (entry.Node is MappingNode && DocumentSection.Open(entry.Node, entry.Path, faults) is { } group)
            {
                foreach (var (name, _) in ((MappingNode)entry.Node).Entries)
                {
                    Add($"{entry.Name}:{name.Value}", group.PathOf(name.Value), name.Line, group.Text(name.Value, NameRule.Value) ?? "");
                }
            }
            else
            {
                Add(entry.Name, entry.Path, entry.Line, ReadValue(entry));
            }
        }

        return variables;

        void Add(string name, string path, int line, string value)
        {
            if (NameRule.Variable.FindFault(name) is { } fault)
            {
                faults.Add(path, line, fault);
            }
            else if (!variables.TryAdd(name, value))
            {
                faults.Add(path, line, $"the variable {name} is set twice.");
            }
        }
    }

    private string ReadValue(DocumentEntry entry)
    {
        if (entry.Node is not ScalarNode scalar)
        {
            faults.Add(entry.Path, entry.Line, "a text is expected here.");
            return "";
        }

        if (NameRule.Value.FindFault(scalar.Value) is { } fault)
        {
            faults.Add(entry.Path, entry.Line, fault);
        }

        return scalar.IsNull ? "" : scalar.Value;
    }

    private DeployedService? ReadService(DocumentEntry entry)
    {
        if (!IsNamed(entry, NameRule.Service) || DocumentSection.Open(entry.Node, entry.Path, faults) is not { } section)
        {
            return null;
        }

        var service = new DeployedService(entry.Name, section.RequiredText("type", NameRule.Type));
        section.RefuseUnknownKeys();
        return service;
    }

    private IEnumerable<DeployedApp> ReadApp(DocumentEntry entry, List<DeployedService> services)
    {
        if (!IsNamed(entry, NameRule.App) || DocumentSection.Open(entry.Node, entry.Path, faults) is not { } section)
        {
            return [];
        }

        var app = new DeployedApp
        {
            Name = entry.Name,
            Type = section.RequiredText("type", NameRule.Type),
            Source = ReadSource(section),
            StartCommand = section.Text("start", NameRule.Command),
            InstanceCount = section.Number("instances", 1, 1, MaximumInstances),
            SshAccess = ReadSshAccess(section) ?? AccessRules.DefaultSshRole.ToString().ToLowerInvariant(),
            Relationships = ReadRelationships(section, services),
            Mounts = ReadMounts(section),
            Variables = ReadVariables(section, "variables"),
        };
        var workers = section.Entries("workers").Select(e => ReadWorker(e, app, services)).OfType<DeployedApp>().ToList();
        section.RefuseUnknownKeys();
        return [app, .. workers];
    }

    /// <summary>A worker runs the app's code; what it does not say is as in the app, but for the command and the count.</summary>
    private DeployedApp? ReadWorker(DocumentEntry entry, DeployedApp app, List<DeployedService> services)
    {
        if (!IsNamed(entry, NameRule.App) || DocumentSection.Open(entry.Node, entry.Path, faults) is not { } section)
        {
            return null;
        }

        var worker = app with
        {
            Worker = entry.Name,
            StartCommand = section.Text("start", NameRule.Command),
            InstanceCount = section.Number("instances", 1, 1, MaximumInstances),
            SshAccess = ReadSshAccess(section) ?? app.SshAccess,
            Relationships = section.Has("relationships") ? ReadRelationships(section, services) : app.Relationships,
            Mounts = section.Has("mounts") ? ReadMounts(section) : app.Mounts,
            Variables = section.Has("variables") ? ReadVariables(section, "variables") : app.Variables,
        };
        section.RefuseUnknownKeys();
        return worker;
    }

    private string? ReadSource(DocumentSection section)
    {
        if (section.Text("source", NameRule.Folder) is not { } folder)
        {
            return null;
        }

        var full = Path.GetFullPath(folder, baseFolder);
        sources.Add(new Reference(full, section.PathOf("source"), section.LineOf("source")));
        return full;
    }

    private string? ReadSshAccess(DocumentSection section)
    {
        if (section.Find("access") is not { } node || DocumentSection.Open(node, section.PathOf("access"), faults) is not { } access)
        {
            return null;
        }

        var role = access.Choice("ssh", Roles);
        access.RefuseUnknownKeys();
        return role?.ToString().ToLowerInvariant();
    }

    private Dictionary<string, DeployedRelationship> ReadRelationships(DocumentSection section, List<DeployedService> services)
    {
        var relationships = new Dictionary<string, DeployedRelationship>(StringComparer.Ordinal);
        foreach (var entry in section.Entries("relationships").Where(e => IsNamed(e, NameRule.Service)))
        {
            if (ReadRelationship(entry) is not { } target)
            {
                continue;
            }

            if (services.Find(s => s.Name == target.Service) is { } service)
            {
                relationships[entry.Name] = new DeployedRelationship(service.Name, target.Endpoint ?? DefaultEndpoint(service.Type));
            }
            else
            {
                var known = services.Count == 0 ? "none" : string.Join(", ", services.Select(s => s.Name));
                faults.Add(entry.Path, entry.Line, $"the environment has no service '{target.Service}'; it declares: {known}.");
            }
        }

        return relationships;
    }

    /// <summary>The three forms: <c>db:</c>, <c>db: "service:endpoint"</c> and <c>db: {service, endpoint}</c>.</summary>
    private (string Service, string? Endpoint)? ReadRelationship(DocumentEntry entry)
    {
        switch (entry.Node)
        {
            case ScalarNode { IsNull: true }:
                return (entry.Name, null);
            case ScalarNode scalar:
                var parts = scalar.Value.Split(':');
                if (parts.Length <= 2 && parts.All(p => NameRule.Service.FindFault(p) is null))
                {
                    return (parts[0], parts.Length == 2 ? parts[1] : null);
                }

                faults.Add(entry.Path, entry.Line, "write \"service:endpoint\", {service: ..., endpoint: ...}, or nothing.");
                return null;
            default:
                if (DocumentSection.Open(entry.Node, entry.Path, faults) is not { } section)
                {
                    return null;
                }

                var service = section.Text("service", NameRule.Service) ?? entry.Name;
                var endpoint = section.Text("endpoint", NameRule.Service);
                section.RefuseUnknownKeys();
                return (service, endpoint);
        }
    }

    /// <summary>The name of the protocol; MariaDB speaks that of MySQL.</summary>
    private static string DefaultEndpoint(string serviceType)
    {
        var name = serviceType.Split(':')[0];
        return name is "mariadb" ? "mysql" : name;
    }

    private List<string> ReadMounts(DocumentSection section)
    {
        var mounts = new List<string>();
        foreach (var entry in section.Items("mounts"))
        {
            if (entry.Node is not ScalarNode scalar)
            {
                faults.Add(entry.Path, entry.Line, "the path of a folder is expected here.");
            }
            else if (NameRule.Mount.FindFault(scalar.Value) is { } fault)
            {
                faults.Add(entry.Path, entry.Line, fault);
            }
            else if (mounts.Contains(scalar.Value.TrimStart('/')))
            {
                faults.Add(entry.Path, entry.Line, "the mount is listed twice.");
            }
            else
            {
                mounts.Add(scalar.Value.TrimStart('/'));
            }
        }

        return mounts;
    }

    /// <summary>Both forms: <c>url: app</c> and <c>url: {type: upstream, upstream: "app:http"}</c>.</summary>
    private string? ReadRoute(DocumentEntry entry, List<DeployedApp> apps)
    {
        if (!IsNamed(entry, NameRule.Url))
        {
            return null;
        }

        string? upstream;
        if (entry.Node is ScalarNode scalar)
        {
            upstream = scalar.Value;
        }
        else if (DocumentSection.Open(entry.Node, entry.Path, faults) is { } section)
        {
            if (section.Text("type", NameRule.Label) is { } type and not "upstream")
            {
                faults.Add(section.PathOf("type"), section.LineOf("type"), $"'{type}' is not supported; use upstream.");
            }

            upstream = section.RequiredText("upstream", NameRule.Label);
            section.RefuseUnknownKeys();
        }
        else
        {
            return null;
        }

        var app = upstream.Split(':')[0];
        if (apps.Exists(a => a.Worker is null && a.Name == app))
        {
            return app;
        }

        faults.Add(entry.Path, entry.Line, $"the environment has no app '{app}'.");
        return null;
    }

    private bool IsNamed(DocumentEntry entry, NameRule rule)
    {
        if (rule.FindFault(entry.Name) is not { } fault)
        {
            return true;
        }

        faults.Add(entry.Path, entry.Line, "the name is wrong: " + fault);
        return false;
    }
}

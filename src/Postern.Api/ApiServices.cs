namespace Postern.Api;

/// <summary>Adds the API to a host that has the Directory, the Authority and the Bearer scheme of Login.</summary>
public static class ApiServices
{
    /// <summary>Registers what the endpoints need.</summary>
    /// <exception cref="InvalidOperationException">The options are faulty; the message lists every fault.</exception>
    public static IServiceCollection AddPosternApi(this IServiceCollection services, ApiOptions options)
    {
        var faults = options.FindFaults();
        if (faults.Count > 0)
        {
            throw new InvalidOperationException(string.Join('\n', faults));
        }

        return services.AddSingleton(new ApiConfig(options)).AddAuthorization();
    }
}

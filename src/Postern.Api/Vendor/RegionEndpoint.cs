using Postern.Api.Answers;
using Postern.Contracts.Api;

namespace Postern.Api.Vendor;

/// <summary>The regions of this deployment.</summary>
internal static class RegionEndpoint
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/regions", List);
        api.MapGet("/platform/regions", List);
    }

    private static IResult List(ApiConfig config) => Answer.Ok(
        new RegionList
        {
            Regions =
            [
                new Region
                {
                    Id = config.Region,
                    Label = config.Region,
                    SelectionLabel = config.Region,
                    Available = true,
                    Zone = config.Region,
                    Endpoint = config.BaseUrl,
                    Provider = config.Name,
                },
            ],
        },
        ApiJsonContext.Default.RegionList);
}

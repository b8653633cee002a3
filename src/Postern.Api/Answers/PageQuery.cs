namespace Postern.Api.Answers;

/// <summary>Which part of a long list a request asks for: <c>page[size]</c> and <c>page[offset]</c>.</summary>
/// <param name="Size">Most items.</param>
/// <param name="Offset">Items that come before.</param>
internal readonly record struct PageQuery(int Size, int Offset)
{
    private const int DefaultSize = 50;

    /// <summary>Most items on one page, as many as one reference link holds four times over.</summary>
    private const int LargestSize = 200;

    public static PageQuery Of(HttpContext http) =>
        new(Math.Clamp(Read(http, "page[size]", DefaultSize), 1, LargestSize), Read(http, "page[offset]", 0));

    /// <summary>The address of what comes after this part of a list, or null when that is all.</summary>
    public string? NextOf(string path, int count) =>
        Offset < count - Size ? $"{path}?page[size]={Size}&page[offset]={Offset + Size}" : null;

    private static int Read(HttpContext http, string name, int otherwise) =>
        int.TryParse(http.Request.Query[name], out var number) && number >= 0 ? number : otherwise;
}

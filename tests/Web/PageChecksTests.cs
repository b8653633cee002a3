namespace Postern.Web.Tests;

/// <summary>The checks that every page passes find what they are for.</summary>
[Collection(WebCollection.Name)]
public sealed class PageChecksTests(ChromiumFixture chromium)
{
    private const string Good = """
        <!DOCTYPE html><html lang="en"><head><title>Page</title></head><body>
        <a href="#content">Skip to content</a><header></header><main id="content"><h1>Page</h1>
        <label for="name">Name</label> <input id="name" placeholder="Ada" style="height: 2rem"> <button style="height: 2rem">Send</button></main><footer></footer>
        <style>:focus-visible { outline: 3px solid black }</style></body></html>
        """;

    [Fact]
    public async Task GoodPage_HasNoFaults() => Assert.Empty(await FindAsync(Good));

    [Theory]
    [InlineData("lang=\"en\"", "", "no language")]
    [InlineData("<title>Page</title>", "", "no title")]
    [InlineData("<h1>Page</h1>", "<h2>Page</h2>", "not exactly one h1")]
    [InlineData("<footer></footer>", "", "not exactly one footer")]
    [InlineData("<header></header>", "<header><nav></nav></header>", "navigations without a name of their own")]
    [InlineData("#content", "#", "no way to skip to the content")]
    [InlineData("<label for=\"name\">Name</label>", "", "no name: <input")]
    [InlineData("Send", "", "no name: <button")]
    [InlineData("<button style=\"", "<button style=\"color: #888; background: #777; ", "contrast")]
    [InlineData(":focus-visible {", "::placeholder { color: #aaa } :focus-visible {", "contrast of the placeholder")]
    [InlineData("<button style=\"height: 2rem", "<button style=\"height: 1rem; padding: 0; border: 0", "too small to hit")]
    [InlineData("<button style=\"", "<button style=\"width: 3000px; ", "scrolls sideways")]
    [InlineData("<button style=\"", "<button style=\"outline: none; ", "focus cannot be seen: <button")]
    [InlineData("<button ", "<button tabindex=\"-1\" ", "not reached by the keyboard: <button")]
    [InlineData("<input ", "<input onkeydown=\"event.preventDefault()\" ", "not reached by the keyboard: <button")]
    public async Task Fault_IsFound(string good, string bad, string fault)
    {
        Assert.Contains(good, Good, StringComparison.Ordinal);
        Assert.Contains(await FindAsync(Good.Replace(good, bad, StringComparison.Ordinal)), found => found.StartsWith(fault, StringComparison.Ordinal));
    }

    private async Task<IEnumerable<string>> FindAsync(string content)
    {
        await using var context = await chromium.Browser.NewContextAsync();
        var page = await context.NewPageAsync();
        await page.SetContentAsync(content);
        return [.. await page.FindFaultsAsync(), .. await page.FindObstaclesAsync()];
    }
}

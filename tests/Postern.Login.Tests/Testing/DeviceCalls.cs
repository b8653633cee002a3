using System.Net;
using System.Text.Json.Nodes;

namespace Postern.Login.Tests.Testing;

/// <summary>The requests of a device and of the person who allows it.</summary>
internal static class DeviceCalls
{
    public static async Task<JsonObject> BeginDeviceAsync(this LoginServer server, params (string Name, string Value)[] more)
    {
        var answer = await server.PostFormAsync(
            "/oauth2/device_authorization", [("client_id", "postern-cli"), ("scope", "offline_access"), .. more]);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.JsonAsync();
    }

    public static Task<HttpResponseMessage> PollDeviceAsync(this LoginServer server, JsonObject begun) => server.TokenAsync(
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), ("device_code", begun.Text("device_code")), ("client_id", "postern-cli"));

    /// <summary>Follows the link as a signed-in person and presses a button.</summary>
    public static Task<HttpResponseMessage> DecideDeviceAsync(this Browser browser, JsonObject begun, string decision) =>
        browser.SubmitAsync($"/device?user_code={begun.Text("user_code")}", "/device", ("decision", decision));

    public static async Task<HttpResponseMessage> PostFormAsync(this LoginServer server, string url, (string Name, string Value)[] fields)
    {
        using var client = server.Client();
        return await client.PostAsync(url, new FormUrlEncodedContent(fields.Select(f => KeyValuePair.Create(f.Name, f.Value))));
    }
}

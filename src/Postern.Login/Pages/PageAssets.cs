using System.Security.Cryptography;

namespace Postern.Login.Pages;

/// <summary>The stylesheet, the icon and the script of passkeys: part of the program, at addresses that change with their contents.</summary>
internal static class PageAssets
{
    public const string StyleSheetRoute = "/assets/{hash}/login.css";
    public const string IconRoute = "/assets/{hash}/icon.svg";

    public const string PasskeyScriptRoute = "/assets/{hash}/passkey.js";

    private static readonly byte[] StyleSheet = [.. Read("login.css"), .. "\n"u8, .. Read("account.css")];
    private static readonly byte[] Icon = Read("icon.svg");
    private static readonly byte[] PasskeyScript = Read("passkey.js");

    public static string StyleSheetUrl { get; } = $"/assets/{HashOf(StyleSheet)}/login.css";

    public static string IconUrl { get; } = $"/assets/{HashOf(Icon)}/icon.svg";

    public static string PasskeyScriptUrl { get; } = $"/assets/{HashOf(PasskeyScript)}/passkey.js";

    public static Task WriteStyleSheetAsync(HttpContext context) => WriteAsync(context, StyleSheet, "text/css; charset=utf-8");

    public static Task WriteIconAsync(HttpContext context) => WriteAsync(context, Icon, "image/svg+xml");

    public static Task WritePasskeyScriptAsync(HttpContext context) => WriteAsync(context, PasskeyScript, "text/javascript; charset=utf-8");

    private static Task WriteAsync(HttpContext context, byte[] bytes, string type)
    {
        context.Response.ContentType = type;
        context.Response.ContentLength = bytes.Length;
        context.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return context.Response.Body.WriteAsync(bytes, context.RequestAborted).AsTask();
    }

    private static string HashOf(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 6));

    private static byte[] Read(string name)
    {
        using var stream = typeof(PageAssets).Assembly.GetManifestResourceStream(name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}

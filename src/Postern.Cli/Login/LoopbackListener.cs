using System.Net;
using System.Security.Cryptography;
using System.Text;
using Postern.Cli.Hosting;

namespace Postern.Cli.Login;

/// <summary>The page on 127.0.0.1 that sends the browser to the login server and receives the code.</summary>
internal sealed class LoopbackListener : IDisposable
{
    private const int FirstPort = 5000;
    private const int LastPort = 5010;

    /// <summary>How long the page stays after the code came, so that the browser can show the good news.</summary>
    private static readonly TimeSpan ClosingTime = TimeSpan.FromSeconds(2);

    private readonly HttpListener _listener;
    private readonly TimeProvider _time;

    private LoopbackListener(HttpListener listener, int port, TimeProvider time)
    {
        _listener = listener;
        _time = time;
        // Exactly this form is registered with the login server: no path, no slash.
        RedirectUri = $"http://127.0.0.1:{port}";
    }

    public string RedirectUri { get; }

    public static LoopbackListener Open(TimeProvider time)
    {
        for (var port = FirstPort; port <= LastPort; port++)
        {
            var listener = new HttpListener();
            listener.Prefixes.Add($"http://127.0.0.1:{port}/");
            try
            {
                listener.Start();
                return new LoopbackListener(listener, port, time);
            }
            catch (Exception exception) when (exception is HttpListenerException or System.Net.Sockets.SocketException)
            {
                listener.Close();
            }
        }

        throw CliException.Failure($"Failed to find an available port between {FirstPort} and {LastPort}.");
    }

    /// <summary>Serves the browser until it brings a code or an error.</summary>
    public async Task<LoopbackResult> ReceiveAsync(string authorizeUrl, Pkce pkce, ResponseIssuer issuer, CancellationToken cancellation)
    {
        LoopbackResult? result = null;
        while (true)
        {
            HttpListenerContext context;
            try
            {
                var next = _listener.GetContextAsync();
                context = result is null ? await next.WaitAsync(cancellation) : await next.WaitAsync(ClosingTime, _time, cancellation);
            }
            catch (TimeoutException)
            {
                return result!;
            }

            var (received, isLast) = Answer(context, authorizeUrl, pkce, issuer);
            result ??= received;
            if (isLast && result is not null)
            {
                return result;
            }
        }
    }

    public void Dispose() => _listener.Close();

    private static (LoopbackResult? Received, bool IsLast) Answer(HttpListenerContext context, string authorizeUrl, Pkce pkce, ResponseIssuer issuer)
    {
        var query = context.Request.QueryString;
        if (context.Request.HttpMethod != "GET" || context.Request.Url?.AbsolutePath != "/")
        {
            Page(context, 404, "Not found", "There is nothing here.");
            return (null, false);
        }

        if (context.Request.Url.Query == "?done")
        {
            Page(context, 200, "Successfully logged in", "You can return to the command line.");
            return (null, true);
        }

        if (query["error"] is { } error)
        {
            // An error that is not an answer to our question is not believed either.
            if (!IsOurState(query["state"], pkce))
            {
                Page(context, 401, "Failed to log in", "Invalid state parameter");
                return (null, false);
            }

            if (issuer.FindFault(query.GetValues("iss")) is { } stranger)
            {
                return Refuse(context, stranger);
            }

            Page(context, 401, "Failed to log in", $"{error}: {query["error_description"]} {query["error_hint"]}");
            return (LoopbackResult.Refused(error, query["error_description"], query["error_hint"]), true);
        }

        if (query["code"] is not { Length: > 0 } code)
        {
            context.Response.Redirect(authorizeUrl);
            context.Response.Close();
            return (null, false);
        }

        if (!IsOurState(query["state"], pkce) || (query["code_challenge"] is { } challenge && challenge != pkce.Challenge))
        {
            Page(context, 401, "Failed to log in", "Invalid state parameter");
            return (null, false);
        }

        // An answer to our question that names another server, or gives two codes, was tampered with: nothing of it is used.
        if ((issuer.FindFault(query.GetValues("iss")) ?? (query.GetValues("code") is [_] ? null : "The answer has more than one code.")) is { } fault)
        {
            return Refuse(context, fault);
        }

        context.Response.Redirect("/?done");
        context.Response.Close();
        return (LoopbackResult.Accepted(code), false);
    }

    private static (LoopbackResult? Received, bool IsLast) Refuse(HttpListenerContext context, string fault)
    {
        Page(context, 401, "Failed to log in", fault);
        return (LoopbackResult.Refused("invalid_response", fault, "Something between the browser and the login server may have changed the answer."), true);
    }

    private static bool IsOurState(string? state, Pkce pkce) =>
        state is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(state), Encoding.UTF8.GetBytes(pkce.State));

    private static void Page(HttpListenerContext context, int status, string title, string text)
    {
        var body = Encoding.UTF8.GetBytes(
            $"""
            <!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{WebUtility.HtmlEncode(title)}</title>
            <style>body{"{"}font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto 0;padding:0 1.5rem;color:#1b2230;background:#fff{"}"}
            @media(prefers-color-scheme:dark){"{"}body{"{"}color:#e8ecf4;background:#12161e{"}"}{"}"}h1{"{"}font-size:1.5rem{"}"}</style></head>
            <body><main><h1>{WebUtility.HtmlEncode(title)}</h1><p>{WebUtility.HtmlEncode(text)}</p></main></body></html>
            """);
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers["Cache-Control"] = "no-store";
        context.Response.Headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'";
        context.Response.Close(body, willBlock: false);
    }
}

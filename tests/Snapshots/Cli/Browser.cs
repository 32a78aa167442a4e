using System.Diagnostics;
using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Hooks.Snapshots.Cli;

/// <summary>A headless Chromium with one page, driven over its debugging protocol: keys and clicks go through the browser, as a user's do.</summary>
internal sealed class Browser : IDisposable
{
    /// <summary>The program.</summary>
    public const string Program = "chromium";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly ClientWebSocket _socket = new();
    private readonly DirectoryInfo _profile;
    private int _sent;

    private Browser(Process process, DirectoryInfo profile) => (_process, _profile) = (process, profile);

    /// <summary>Starts it.</summary>
    public static async Task<Browser> Start()
    {
        var profile = Directory.CreateTempSubdirectory("hooks-browser-");
        var start = new ProcessStartInfo(Program, ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", $"--user-data-dir={profile.FullName}", "--window-size=1200,900", "about:blank"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var browser = new Browser(Process.Start(start)!, profile);
        browser._process.ErrorDataReceived += static (_, _) => { };
        browser._process.BeginErrorReadLine();
        using var http = new HttpClient();
        var port = "";
        await Until(() => Task.FromResult(File.Exists(Path.Combine(profile.FullName, "DevToolsActivePort")) && (port = File.ReadLines(Path.Combine(profile.FullName, "DevToolsActivePort")).FirstOrDefault() ?? "").Length > 0), "the browser to start");
        JsonNode? page = null;
        await Until(async () => (page = JsonNode.Parse(await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/json/list")))!.AsArray().FirstOrDefault(p => (string?)p!["type"] == "page")) is not null, "its page");
        await browser._socket.ConnectAsync(new Uri((string)page!["webSocketDebuggerUrl"]!), CancellationToken.None);
        return browser;
    }

    /// <summary>Opens a file and waits for it.</summary>
    public async Task Open(string file)
    {
        await Send("Page.navigate", new JsonObject { ["url"] = new Uri(file).AbsoluteUri });
        await At(Path.GetFileName(file));
    }

    /// <summary>Waits until a file is open.</summary>
    public Task At(string file) => Until(async () => await Evaluate($"document.readyState + ' ' + location.href") is { } at && at.StartsWith("complete ", StringComparison.Ordinal) && at.EndsWith($"/{file}", StringComparison.Ordinal), $"{file} to open");

    /// <summary>What an expression is, as text.</summary>
    public async Task<string> Evaluate(string expression)
    {
        var result = await Send("Runtime.evaluate", new JsonObject { ["expression"] = $"String({expression})", ["returnByValue"] = true });
        Assert.Null(result["exceptionDetails"]);
        return (string)result["result"]!["value"]!;
    }

    /// <summary>The text of the first element that a selector means.</summary>
    public Task<string> Text(string selector) => Evaluate($"document.querySelector({JsonValue.Create(selector).ToJsonString()}).textContent");

    /// <summary>Clicks in the middle of it.</summary>
    public async Task Click(string selector)
    {
        var at = await Evaluate($"(e => {{ e.scrollIntoView({{ block: 'center' }}); const r = e.getBoundingClientRect(); return (r.left + r.width / 2) + ' ' + (r.top + r.height / 2); }})(document.querySelector({JsonValue.Create(selector).ToJsonString()}))");
        double[] xy = [.. at.Split(' ').Select(n => double.Parse(n, CultureInfo.InvariantCulture))];
        foreach (var type in new[] { "mousePressed", "mouseReleased" }) await Send("Input.dispatchMouseEvent", new JsonObject { ["type"] = type, ["x"] = xy[0], ["y"] = xy[1], ["button"] = "left", ["clickCount"] = 1 });
    }

    /// <summary>Presses a key.</summary>
    /// <param name="key">As JavaScript calls it: <c>n</c>, <c>ArrowDown</c>, <c>Escape</c>.</param>
    public async Task Press(string key)
    {
        foreach (var type in new[] { "rawKeyDown", "keyUp" }) await Send("Input.dispatchKeyEvent", new JsonObject { ["type"] = type, ["key"] = key });
    }

    public void Dispose()
    {
        _socket.Dispose();
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        try
        {
            _profile.Delete(recursive: true);
        }
        catch (IOException)
        {
            // Its last helpers are still at it; it is in the folder for temporary files.
        }
    }

    private static async Task Until(Func<Task<bool>> true_, string what)
    {
        for (var begun = Stopwatch.GetTimestamp(); !await true_(); await Task.Delay(20)) Assert.True(Stopwatch.GetElapsedTime(begun) < Patience, $"waited in vain for {what}");
    }

    private async Task<JsonNode> Send(string method, JsonObject parameters)
    {
        using var patience = new CancellationTokenSource(Patience);
        var id = ++_sent;
        await _socket.SendAsync(Encoding.UTF8.GetBytes(new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters }.ToJsonString()), WebSocketMessageType.Text, endOfMessage: true, patience.Token);
        while (true)
        {
            using var message = new MemoryStream();
            var buffer = new byte[1 << 16];
            ValueWebSocketReceiveResult got;
            do
            {
                got = await _socket.ReceiveAsync(buffer.AsMemory(), patience.Token);
                await message.WriteAsync(buffer.AsMemory(0, got.Count), patience.Token);
            }
            while (!got.EndOfMessage);
            var answer = JsonNode.Parse(message.ToArray())!;
            if ((int?)answer["id"] != id) continue;
            return answer["result"] ?? throw new JsonException($"{method}: {answer}");
        }
    }
}

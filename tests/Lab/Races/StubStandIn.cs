using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Hooks.LabTests.Races;

/// <summary>An end of the gdb remote protocol that says what it is told to say.</summary>
internal sealed class StubStandIn : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hooks-stub-").FullName;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Task _serving;

    /// <param name="answers">What it says to a packet, as it is or with its sum and frame; null: nothing.</param>
    public StubStandIn(Func<string, string?> answers)
    {
        _listener.Bind(new UnixDomainSocketEndPoint(Path));
        _listener.Listen();
        _serving = Task.Run(() => Serve(answers));
    }

    public string Path => System.IO.Path.Combine(_folder, "gdb");

    /// <summary>What has come: packets without their frame, <c>+</c>, <c>-</c>, and <c>^C</c>.</summary>
    public ConcurrentQueue<string> Heard { get; } = [];

    public static string Framed(string text) => string.Create(CultureInfo.InvariantCulture, $"${text}#{text.Sum(c => c) & 0xff:x2}");

    public void Dispose()
    {
        _listener.Dispose();
        _serving.Wait(TimeSpan.FromSeconds(5));
        Directory.Delete(_folder, recursive: true);
    }

    private void Serve(Func<string, string?> answers)
    {
        try
        {
            using var socket = _listener.Accept();
            var bytes = new byte[4096];
            var open = "";
            while (socket.Receive(bytes) is var count and > 0)
            {
                open += Encoding.Latin1.GetString(bytes, 0, count);
                while (Next(ref open) is { } heard)
                {
                    Heard.Enqueue(heard);
                    if (answers(heard) is { } said) socket.Send(Encoding.Latin1.GetBytes(said[0] == '$' ? said : "+" + Framed(said)));
                }
            }
        }
        catch (SocketException)
        {
            // The test is over.
        }
    }

    private static string? Next(ref string open)
    {
        if (open.Length == 0) return null;
        if (open[0] is '+' or '-' or '\x03')
        {
            var single = open[0] == '\x03' ? "^C" : open[..1];
            open = open[1..];
            return single;
        }

        var end = open.IndexOf('#', StringComparison.Ordinal);
        if (end < 0 || open.Length < end + 3) return null;
        var packet = open[1..end];
        open = open[(end + 3)..];
        return packet;
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Hooks.Lab.Races;

/// <summary>QEMU's end of the gdb remote protocol went away, said something else than the protocol has, or nothing in time.</summary>
/// <param name="message">What happened.</param>
#pragma warning disable CA1032 // It always has a message.
public sealed class GdbStubException(string message) : Exception(message);
#pragma warning restore CA1032

/// <summary>
/// The gdb remote serial protocol over a unix socket, as much of it as it takes to hold CPUs where they shall stand. A thread of the protocol is a CPU: CPU 0 is thread 1.
/// </summary>
/// <remarks>Packets are <c>$TEXT#CC</c>, CC the sum of the bytes of TEXT in two hexadecimal digits, and are answered by <c>+</c>. (Debugging with GDB, appendix E: GDB Remote Serial Protocol.)</remarks>
public sealed class GdbStub : IDisposable
{
    private const int ProgramCounter = 32;
    private const int InstructionBytes = 4;

    /// <summary>SIGTRAP, as a stop has it. One that was asked for has SIGINT.</summary>
    private const string AtBreakpoint = "05";

    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly Socket _socket;
    private readonly byte[] _received = new byte[4096];
    private readonly StringBuilder _open = new();

    private GdbStub(Socket socket) => _socket = socket;

    /// <summary>Connects, which stops all CPUs.</summary>
    /// <param name="path">The socket.</param>
    /// <param name="patience">How long to wait for it to be there.</param>
    /// <exception cref="GdbStubException">It is not there, or speaks no vCont.</exception>
    public static GdbStub Connect(string path, TimeSpan patience)
    {
        var begun = Stopwatch.GetTimestamp();
        while (true)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                socket.Connect(new UnixDomainSocketEndPoint(path));
                var stub = new GdbStub(socket);
                var features = stub.Ask("qSupported:swbreak+;hwbreak+;vContSupported+");
                if (!features.Contains("vContSupported+", StringComparison.Ordinal)) throw new GdbStubException($"the debugger's stub does not let CPUs go one by one: '{features}'");
                return stub;
            }
            catch (SocketException e)
            {
                socket.Dispose();
                if (Stopwatch.GetElapsedTime(begun) > patience) throw new GdbStubException($"no debugger's stub at {path}: {e.Message}");
                Thread.Sleep(Pause);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }

    /// <summary>A breakpoint, for all CPUs. Nothing is written to the guest's memory, so it may stand anywhere.</summary>
    public void Break(ulong address) => Command(string.Create(CultureInfo.InvariantCulture, $"Z0,{address:x},{InstructionBytes}"));

    /// <summary>Takes one away.</summary>
    public void Unbreak(ulong address) => Command(string.Create(CultureInfo.InvariantCulture, $"z0,{address:x},{InstructionBytes}"));

    /// <summary>Where a CPU is; all CPUs stand still.</summary>
    public ulong WhereIs(int cpu)
    {
        Command(string.Create(CultureInfo.InvariantCulture, $"Hg{cpu + 1:x2}"));
        var answer = Ask(string.Create(CultureInfo.InvariantCulture, $"p{ProgramCounter:x}"));
        if (answer.Length != 2 * sizeof(ulong)) throw new GdbStubException($"the program counter is '{answer}'");
        return BitConverter.ToUInt64(Convert.FromHexString(answer));
    }

    /// <summary>Lets these CPUs go on; the others stay where they are.</summary>
    public void Continue(IEnumerable<int> cpus)
    {
        ArgumentNullException.ThrowIfNull(cpus);
        Send("vCont" + string.Concat(cpus.Select(cpu => string.Create(CultureInfo.InvariantCulture, $";c:{cpu + 1:x2}"))));
    }

    /// <summary>Lets all CPUs go on.</summary>
    public void ContinueAll() => Send("vCont;c");

    /// <summary>One instruction of one CPU, interrupts held back; the others stay.</summary>
    public void Step(int cpu)
    {
        Send(string.Create(CultureInfo.InvariantCulture, $"vCont;s:{cpu + 1:x2}"));
        if (Stopped(AnswerTime) is null) throw new GdbStubException("no stop after a single step");
    }

    /// <summary>The CPU that has come to a breakpoint, at which all have stopped; null: none has in time, and they run on.</summary>
    public int? Stopped(TimeSpan timeout)
    {
        return Receive(timeout) is { } packet ? CpuOf(packet) : null;
    }

    private static int CpuOf(string packet)
    {
        if (packet.Length < 3 || packet[0] is not ('T' or 'S')) throw new GdbStubException($"the debugger's stub said '{packet}' where a stop was expected");
        var thread = packet[3..].Split(';').FirstOrDefault(f => f.StartsWith("thread:", StringComparison.Ordinal))?["thread:".Length..];
        return thread is null ? 0 : int.Parse(thread.Split('.')[^1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) - 1;
    }

    /// <summary>Stops all CPUs.</summary>
    /// <returns>The CPU that has come to a breakpoint just before; null: none has.</returns>
    public int? Interrupt()
    {
        Write([0x03]);
        var packet = Receive(AnswerTime) ?? throw new GdbStubException("the guest does not stop");
        var cpu = CpuOf(packet);
        return packet[1..3] == AtBreakpoint ? cpu : null;
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private void Command(string text)
    {
        var answer = Ask(text);
        if (answer != "OK") throw new GdbStubException($"'{text}' gave '{answer}'");
    }

    private string Ask(string text)
    {
        Send(text);
        return Receive(AnswerTime) ?? throw new GdbStubException($"no answer to '{text}'");
    }

    private void Send(string text) => Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"${text}#{Sum(text):x2}")));

    private void Write(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _socket.Send(bytes);
        }
        catch (SocketException e)
        {
            throw new GdbStubException($"QEMU is gone: {e.Message}");
        }
    }

    /// <summary>The next packet; null: none came in time.</summary>
    private string? Receive(TimeSpan timeout)
    {
        var begun = Stopwatch.GetTimestamp();
        while (true)
        {
            if (Packet() is { } packet) return packet;
            var left = timeout - Stopwatch.GetElapsedTime(begun);
            try
            {
                if (left <= TimeSpan.Zero || !_socket.Poll(left, SelectMode.SelectRead)) return null;
                var count = _socket.Receive(_received);
                if (count == 0) throw new GdbStubException("QEMU is gone");
                _open.Append(Encoding.Latin1.GetString(_received, 0, count));
            }
            catch (SocketException e)
            {
                throw new GdbStubException($"QEMU is gone: {e.Message}");
            }
        }
    }

    /// <summary>A whole packet of what was received, acknowledged; one whose sum is wrong is asked for again.</summary>
    private string? Packet()
    {
        while (true)
        {
            var text = _open.ToString();
            var begin = text.IndexOf('$', StringComparison.Ordinal);
            var end = begin < 0 ? -1 : text.IndexOf('#', begin);
            if (end < 0 || text.Length < end + 3) return null;
            var packet = text[(begin + 1)..end];
            var right = int.TryParse(text.AsSpan(end + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var sum) && sum == Sum(packet);
            _open.Remove(0, end + 3);
            Write(right ? "+"u8 : "-"u8);
            if (right) return packet;
        }
    }

    private static int Sum(string text) => text.Sum(c => c) & 0xff;
}
